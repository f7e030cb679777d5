using System.Globalization;
using CsCheck;

namespace GpuGrants.Tests.Quotas;

/// <summary>A small tree of programmes with a few organizations, so that random rules and random requests meet.</summary>
internal static class World
{
    public const string TimeZone = "Asia/Seoul";

    public static readonly Guid Root = Id(1);
    public static readonly Guid Left = Id(2);
    public static readonly Guid Right = Id(3);
    public static readonly Guid LeftChild = Id(4);
    public static readonly Guid[][] Programmes =
    [
        [Root],
        [Left, Root],
        [Right, Root],
        [LeftChild, Left, Root],
    ];
    public static readonly Guid[] Organizations = [Id(11), Id(12), Id(13)];
    public static readonly Guid[] Members = [Id(21), Id(22)];

    /// <summary>The first is the first member; the others are behind no member.</summary>
    public static readonly Guid[] People = [Members[0], Id(51), Id(52)];

    /// <summary>One for each organization: a project belongs to one.</summary>
    public static readonly Guid[] Projects = [Id(41), Id(42), Id(43)];

    /// <summary>Two days before the clocks of New York go forward, with a month's end in the month of steps that follows.</summary>
    /// <remarks><c>GPUGRANTS_TEST_NOW</c> moves it, such as to <c>2026-12-31T23:59:30Z</c>.</remarks>
    public static readonly DateTimeOffset Start = Environment.GetEnvironmentVariable("GPUGRANTS_TEST_NOW") is { Length: > 0 } given
        ? DateTimeOffset.Parse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        : new DateTimeOffset(2026, 3, 6, 3, 17, 5, TimeSpan.Zero);

    public static Gen<QuotaContext> Contexts { get; } =
        from path in Gen.OneOfConst(Programmes)
        from organization in Gen.Int[0, 2]
        from member in Gen.Int[0, 2]
        from model in Gen.OneOfConst("h100", "l4")
        from tags in Gen.OneOfConst("class", "paper", "event").Array[0, 2]
        from gpus in Gen.Int[1, 3]
        from owners in Gen.Shuffle(People)
        from ownerCount in Gen.Int[0, 2]
        from asker in Gen.Frequency((2, Gen.Const((Guid?)null)), (1, Gen.OneOfConst(People).Select(one => (Guid?)one)))
        select new QuotaContext
        {
            RootProgrammeId = Root,
            ProgrammePath = path,
            OrganizationId = Organizations[organization],
            OrganizationKind = organization switch
            {
                0 => "startup",
                1 => "student",
                _ => "university",
            },
            OrganizationCreatedAt = Start.AddDays(organization * -50),
            OrganizationVerified = organization > 0,
            MemberId = member == 2 ? null : Members[member],
            OwnerIds = owners[..ownerCount],
            AskerId = member == 2 ? null : asker,
            ProjectId = member == 0 ? null : Projects[organization],
            PartnerId = organization == 2 ? Id(31) : null,
            GpuModelId = model,
            GpuClass = model == "l4" ? "inference" : null,
            Region = gpus == 1 ? "us" : "kr",
            GpuMemoryGib = model == "l4" ? 24 : 80,
            Tags = tags,
            Gpus = gpus,
            RequestedAt = Start,
        };

    public static PublishedPolicy Publish(PolicyDocument document, int policy = 1, int version = 1, Guid? scope = null) =>
        new()
        {
            PolicyId = Id(100 + policy),
            Version = version,
            Name = $"Policy {policy}",
            ScopeProgrammeId = scope,
            TimeZone = TimeZone,
            EffectiveFrom = DateTimeOffset.MinValue,
            Document = document,
        };

    private static Guid Id(int number) => Guid.Parse($"00000000-0000-7000-8000-{number:D12}");
}
