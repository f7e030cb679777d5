using System.Text;

namespace GpuGrants.Quotas.Deciding;

/// <summary>
/// The bytes of a <see cref="DecisionSnapshot"/>. One is stored with every decision for ever, so it is compact: whole numbers in 7-bit
/// groups, ids in 16 bytes, and the applicant's own id, which most counters name, in one. A new format gets a new first byte; old ones stay
/// readable.
/// </summary>
internal static class SnapshotFormat
{
    /// <summary>
    /// The format that is written. The first had no mark for an ask that was counted before, the second knew no people, and the third no
    /// dates of the ask. The fourth had an instant with each counter, and by it reckoned what carries over.
    /// </summary>
    public const int Edition = 5;

    private const int FirstEdition = 1;
    private const int EditionWithoutPeople = 2;
    private const int EditionWithoutDates = 3;
    private const int EditionWithInstants = 4;

    // What is known of a pinned policy.
    private const int HasZone = 1;
    private const int IsOver = 2;

    // What is known of the ask. Snapshots from before asks had parts hold 0 or 1 here.
    private const int IsCountedAlready = 1;
    private const int PartShift = 1;

    /// <summary>How the people of a request are written. Most often whoever asks is the only owner.</summary>
    private enum PeopleForm : byte
    {
        None,
        MemberOwns,
        Listed,
    }

    private enum SubjectForm : byte
    {
        Organization,
        Id,
        Name,
    }

    public static byte[] Write(DecisionSnapshot snapshot)
    {
        using var stream = new MemoryStream(1_024);
        using var output = new BinaryWriter(stream, Encoding.UTF8);
        output.Write((byte)Edition);
        Write(output, snapshot.Context);
        output.Write(snapshot.Now.UtcTicks);
        output.Write7BitEncodedInt64(snapshot.GpuSeconds);
        output.Write7BitEncodedInt64(snapshot.Rate);
        output.Write7BitEncodedInt(snapshot.Gpus);
        WriteAll(
            output,
            snapshot.Policies,
            policy =>
            {
                Write(output, policy.PolicyId);
                output.Write7BitEncodedInt(policy.Version);
                output.Write((byte)((policy.TimeZone is null ? 0 : HasZone) | (policy.IsOver ? IsOver : 0)));
                if (policy.TimeZone is { } zone)
                    output.Write(zone);
            }
        );
        WriteAll(output, snapshot.Overrides, one => Write(output, one));
        WriteAll(output, snapshot.Counters, counter => Write(output, counter, snapshot.Context.OrganizationId));
        output.Write((byte)((snapshot.IsCountedAlready ? IsCountedAlready : 0) | ((int)snapshot.Part << PartShift)));
        Write(output, snapshot.Life);
        output.Flush();
        return stream.ToArray();
    }

    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static DecisionSnapshot Read(byte[] bytes)
    {
        try
        {
            using var input = Open(bytes, out var edition);
            var context = ReadContext(input, edition);
            var snapshot = new DecisionSnapshot
            {
                Edition = edition,
                Context = context,
                Now = ReadMoment(input),
                GpuSeconds = input.Read7BitEncodedInt64(),
                Rate = input.Read7BitEncodedInt64(),
                Gpus = input.Read7BitEncodedInt(),
                Policies = ReadAll(input, () => ReadPolicy(input)),
                Overrides = ReadAll(input, () => ReadOverride(input)),
                Counters = ReadAll(input, () => ReadCounter(input, context.OrganizationId, edition)),
            };
            var asked = edition > FirstEdition ? input.ReadByte() : 0;
            return snapshot with
            {
                IsCountedAlready = (asked & IsCountedAlready) != 0,
                Part = PartOf(asked >> PartShift),
                Life = edition > EditionWithoutDates ? ReadLifeOrNull(input) : null,
            };
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException or OverflowException)
        {
            throw new FormatException("The bytes are not a decision's snapshot.", failure);
        }
    }

    /// <summary>Only the context, which comes first: all that later facts and simulations need.</summary>
    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static QuotaContext ReadContext(byte[] bytes)
    {
        try
        {
            using var input = Open(bytes, out var edition);
            return ReadContext(input, edition);
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException or OverflowException)
        {
            throw new FormatException("The bytes are not a decision's snapshot.", failure);
        }
    }

    private static AskedPart PartOf(int number) =>
        Enum.IsDefined((AskedPart)number) ? (AskedPart)number : throw new FormatException($"What an ask would add is unknown: {number}.");

    private static BinaryReader Open(byte[] bytes, out int edition)
    {
        var input = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
        edition = input.ReadByte();
        return edition is >= FirstEdition and <= Edition ? input : throw new FormatException("The snapshot's format is unknown.");
    }

    private static void Write(BinaryWriter output, QuotaContext context)
    {
        Write(output, context.RootProgrammeId);
        WriteAll(output, context.ProgrammePath, id => Write(output, id));
        Write(output, context.OrganizationId);
        output.Write(context.OrganizationKind);
        output.Write(context.OrganizationCreatedAt.UtcTicks);
        output.Write(context.OrganizationVerified);
        Write(output, context.ProjectId);
        Write(output, context.MemberId);
        Write(output, context.PartnerId);
        Write(output, context.GpuModelId);
        Write(output, context.GpuClass);
        output.Write7BitEncodedInt(context.GpuMemoryGib ?? 0);
        Write(output, context.ProviderId);
        Write(output, context.OfferId);
        Write(output, context.Region);
        WriteAll(output, context.Tags, output.Write);
        output.Write7BitEncodedInt(context.Gpus);
        output.Write(context.RequestedAt.UtcTicks);
        WritePeople(output, context);
    }

    private static void WritePeople(BinaryWriter output, QuotaContext context)
    {
        var form =
            context.AskerId is not null ? PeopleForm.Listed
            : context.OwnerIds.Count == 0 ? PeopleForm.None
            : context.OwnerIds.Count == 1 && context.OwnerIds[0] == context.MemberId ? PeopleForm.MemberOwns
            : PeopleForm.Listed;
        output.Write((byte)form);
        if (form != PeopleForm.Listed)
            return;
        WriteAll(output, context.OwnerIds, id => Write(output, id));
        Write(output, context.AskerId);
    }

    private static QuotaContext ReadContext(BinaryReader input, int edition)
    {
        var context = ReadContext(input);
        if (edition <= EditionWithoutPeople)
            return context;
        return (PeopleForm)input.ReadByte() switch
        {
            PeopleForm.None => context,
            PeopleForm.MemberOwns => context with { OwnerIds = [context.MemberId!.Value] },
            PeopleForm.Listed => context with { OwnerIds = ReadAll(input, () => ReadId(input)), AskerId = ReadIdOrNull(input) },
            var other => throw new FormatException($"People in the form {other} are unknown."),
        };
    }

    private static QuotaContext ReadContext(BinaryReader input) =>
        new()
        {
            RootProgrammeId = ReadId(input),
            ProgrammePath = ReadAll(input, () => ReadId(input)),
            OrganizationId = ReadId(input),
            OrganizationKind = input.ReadString(),
            OrganizationCreatedAt = ReadMoment(input),
            OrganizationVerified = input.ReadBoolean(),
            ProjectId = ReadIdOrNull(input),
            MemberId = ReadIdOrNull(input),
            PartnerId = ReadIdOrNull(input),
            GpuModelId = ReadTextOrNull(input),
            GpuClass = ReadTextOrNull(input),
            GpuMemoryGib = input.Read7BitEncodedInt() is > 0 and var memory ? memory : null,
            ProviderId = ReadIdOrNull(input),
            OfferId = ReadIdOrNull(input),
            Region = ReadTextOrNull(input),
            Tags = ReadAll(input, input.ReadString),
            Gpus = input.Read7BitEncodedInt(),
            RequestedAt = ReadMoment(input),
        };

    private static void Write(BinaryWriter output, GrantLife? life)
    {
        output.Write(life is not null);
        if (life is not { } known)
            return;
        output.Write(known.From.UtcTicks);
        output.Write(known.To.UtcTicks);
        output.Write7BitEncodedInt(known.Gpus);
    }

    private static PinnedPolicy ReadPolicy(BinaryReader input)
    {
        var (id, version, flags) = (ReadId(input), input.Read7BitEncodedInt(), input.ReadByte());
        var zone = (flags & HasZone) != 0 ? input.ReadString() : null;
        return new PinnedPolicy(id, version, zone, (flags & IsOver) != 0);
    }

    private static GrantLife? ReadLifeOrNull(BinaryReader input) =>
        input.ReadBoolean() ? new GrantLife(ReadMoment(input), ReadMoment(input), input.Read7BitEncodedInt()) : null;

    private static void Write(BinaryWriter output, QuotaOverride one)
    {
        Write(output, one.Id);
        Write(output, one.PolicyId);
        output.Write(one.RuleId);
        output.Write(one.SubjectId);
        output.Write((byte)one.Effect);
        output.Write7BitEncodedInt64(one.Amount);
        output.Write(one.StartsAt.UtcTicks);
        Write(output, one.ExpiresAt);
        Write(output, one.EndedAt);
        output.Write(one.Reason);
        Write(output, one.AuthorId);
    }

    private static QuotaOverride ReadOverride(BinaryReader input) =>
        new()
        {
            Id = ReadId(input),
            PolicyId = ReadId(input),
            RuleId = input.ReadString(),
            SubjectId = input.ReadString(),
            Effect = (OverrideEffect)input.ReadByte(),
            Amount = input.Read7BitEncodedInt64(),
            StartsAt = ReadMoment(input),
            ExpiresAt = ReadMomentOrNull(input),
            EndedAt = ReadMomentOrNull(input),
            Reason = input.ReadString(),
            AuthorId = ReadId(input),
        };

    private static void Write(BinaryWriter output, PinnedCounter counter, Guid organization)
    {
        Write(output, counter.SignatureId);
        if (!Guid.TryParseExact(counter.SubjectId, "D", out var id))
        {
            output.Write((byte)SubjectForm.Name);
            output.Write(counter.SubjectId);
        }
        else if (id == organization)
        {
            output.Write((byte)SubjectForm.Organization);
        }
        else
        {
            output.Write((byte)SubjectForm.Id);
            Write(output, id);
        }

        foreach (var numbers in (ReadOnlySpan<IReadOnlyList<long>>)[counter.Starts, counter.Used, counter.Held])
            WriteAll(output, numbers, output.Write7BitEncodedInt64);
    }

    private static PinnedCounter ReadCounter(BinaryReader input, Guid organization, int edition)
    {
        var signature = ReadId(input);
        var subject = (SubjectForm)input.ReadByte() switch
        {
            SubjectForm.Organization => organization.ToString("D"),
            SubjectForm.Id => ReadId(input).ToString("D"),
            SubjectForm.Name => input.ReadString(),
            var other => throw new FormatException($"A subject of the form {other} is unknown."),
        };
        IReadOnlyList<long> Numbers() => ReadAll(input, input.Read7BitEncodedInt64);
        var counter = new PinnedCounter(signature, subject, Numbers(), Numbers(), Numbers());
        if (edition <= EditionWithInstants)
            _ = Numbers();
        return counter;
    }

    private static void WriteAll<T>(BinaryWriter output, IReadOnlyList<T> values, Action<T> write)
    {
        output.Write7BitEncodedInt(values.Count);
        foreach (var value in values)
            write(value);
    }

    private static T[] ReadAll<T>(BinaryReader input, Func<T> read)
    {
        var count = input.Read7BitEncodedInt();
        // Every element takes a byte at least: a damaged count must not make the reader reserve memory.
        if (count < 0 || count > input.BaseStream.Length - input.BaseStream.Position)
            throw new FormatException("The bytes are not a decision's snapshot.");
        var values = new T[count];
        for (var i = 0; i < count; i++)
            values[i] = read();
        return values;
    }

    private static void Write(BinaryWriter output, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        output.Write(bytes);
    }

    private static void Write(BinaryWriter output, Guid? id)
    {
        output.Write(id is not null);
        if (id is { } known)
            Write(output, known);
    }

    private static void Write(BinaryWriter output, string? text)
    {
        output.Write(text is not null);
        if (text is not null)
            output.Write(text);
    }

    private static void Write(BinaryWriter output, DateTimeOffset? moment)
    {
        output.Write(moment is not null);
        if (moment is { } known)
            output.Write(known.UtcTicks);
    }

    private static Guid ReadId(BinaryReader input)
    {
        Span<byte> bytes = stackalloc byte[16];
        input.BaseStream.ReadExactly(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    private static Guid? ReadIdOrNull(BinaryReader input) => input.ReadBoolean() ? ReadId(input) : null;

    private static string? ReadTextOrNull(BinaryReader input) => input.ReadBoolean() ? input.ReadString() : null;

    private static DateTimeOffset ReadMoment(BinaryReader input) => new(input.ReadInt64(), TimeSpan.Zero);

    private static DateTimeOffset? ReadMomentOrNull(BinaryReader input) => input.ReadBoolean() ? ReadMoment(input) : null;
}
