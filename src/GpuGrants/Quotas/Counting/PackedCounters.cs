using System.Buffers;

namespace GpuGrants.Quotas.Counting;

/// <summary>
/// The bytes of a subject's counters. Equal counters have equal bytes. Reading accepts nothing but what writing makes, in this format or
/// the one before. So a damaged row stops the decision that needs it.
/// </summary>
/// <remarks>
/// <para>
/// The first byte is the format; a new format gets a new one. Then comes the number of entries, and the entries in ascending order of their
/// signature's id.
/// </para>
/// <para>
/// An entry has the id in 16 bytes, then the number of buckets. A bucket has its beginning, used and held. A beginning is the distance from
/// the one before it, except the first. Whole numbers are in groups of 7 bits, the lowest first, in as few groups as possible. The first
/// beginning has its sign in the lowest bit.
/// </para>
/// </remarks>
public static class PackedCounters
{
    private const byte Format = 2;

    /// <summary>
    /// Had twice the number of buckets, plus one if an instant followed that nobody needs any more. It may go once no row has it: each row
    /// gets the new format when it is written next.
    /// </summary>
    private const byte FormatWithInstants = 1;

    private const int IdBytes = 16;

    // An entry is at least an id and its number of buckets. A bucket is at least three numbers.
    private const int MinEntryBytes = IdBytes + 1;
    private const int MinBucketBytes = 3;
    private const int MaxHeadBytes = 1 + PackedWriter.MaxNumberBytes;
    private const int MaxEntryBytes = IdBytes + PackedWriter.MaxNumberBytes;
    private const int MaxBucketBytes = 3 * PackedWriter.MaxNumberBytes;

    /// <summary>Packs the counters.</summary>
    /// <returns>Bytes that depend on the counters alone.</returns>
    /// <exception cref="FormatException">A counter has a negative amount, or buckets out of order.</exception>
    public static byte[] Write(SubjectCounters counters)
    {
        var entries = new KeyValuePair<Guid, QuotaCounter>[counters.All.Count];
        var (next, most) = (0, MaxHeadBytes);
        foreach (var entry in counters.All)
        {
            entries[next++] = entry;
            most += MaxEntryBytes + (MaxBucketBytes * entry.Value.Buckets.Length);
        }

        // Guid compares as its bytes in network order do.
        Array.Sort(entries, static (one, other) => one.Key.CompareTo(other.Key));
        var rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var output = new PackedWriter(rented);
            output.Byte(Format);
            output.Number((ulong)entries.Length);
            foreach (var (id, counter) in entries)
            {
                output.Id(id);
                Write(ref output, counter);
            }

            return output.Written.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Unpacks the counters. Takes no more memory than a small multiple of the bytes.</summary>
    /// <exception cref="FormatException">The bytes are of an unknown format, cut off, too long, out of order or otherwise
    /// damaged.</exception>
    public static SubjectCounters Read(ReadOnlySpan<byte> bytes)
    {
        var input = new PackedReader(bytes);
        var format = input.Byte();
        if (format is not (Format or FormatWithInstants))
            throw new FormatException($"The counters are packed in format {format}. This version reads formats up to {Format}.");
        var counters = new SubjectCounters();
        var before = Guid.Empty;
        var entries = input.Count(input.Number(), MinEntryBytes);
        for (var i = 0; i < entries; i++)
        {
            var id = input.Id();
            if (i > 0 && before.CompareTo(id) >= 0)
                throw PackedReader.Damaged("signatures are out of order");
            counters.Set(id, ReadCounter(ref input, format));
            before = id;
        }

        return input.IsAtEnd ? counters : throw PackedReader.Damaged("bytes follow the last counter");
    }

    private static void Write(ref PackedWriter output, QuotaCounter counter)
    {
        var buckets = counter.Buckets;
        output.Number((ulong)buckets.Length);
        for (var i = 0; i < buckets.Length; i++)
        {
            var (start, used, held) = buckets[i];
            if (used < 0 || held < 0)
                throw PackedReader.Damaged("an amount is negative");
            if (i == 0)
                output.Signed(start);
            else if (start > buckets[i - 1].StartMs)
                output.Number(unchecked((ulong)start - (ulong)buckets[i - 1].StartMs));
            else
                throw PackedReader.Damaged("buckets are out of order");
            output.Number((ulong)used);
            output.Number((ulong)held);
        }
    }

    private static QuotaCounter ReadCounter(ref PackedReader input, byte format)
    {
        var head = input.Number();
        if (format == FormatWithInstants)
        {
            if ((head & 1) != 0)
                _ = input.Signed();
            head >>= 1;
        }

        var count = input.Count(head, MinBucketBytes);
        var buckets = count == 0 ? [] : new QuotaBucket[count];
        for (var i = 0; i < count; i++)
        {
            var start = i == 0 ? input.Signed() : After(buckets[i - 1].StartMs, input.Number());
            buckets[i] = new QuotaBucket(start, input.Amount(), input.Amount());
        }

        return new QuotaCounter(buckets);
    }

    private static long After(long startMs, ulong distance) =>
        distance != 0 && distance <= unchecked((ulong)long.MaxValue - (ulong)startMs)
            ? unchecked((long)((ulong)startMs + distance))
            : throw PackedReader.Damaged("buckets are out of order");
}

/// <summary>Reads the numbers of <see cref="PackedCounters"/>, and refuses what <see cref="PackedWriter"/> does not write.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private const int LastShift = 63;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public readonly bool IsAtEnd => _at == _bytes.Length;

    public byte Byte() => _at < _bytes.Length ? _bytes[_at++] : throw CutOff();

    public Guid Id()
    {
        const int Length = 16;
        if (_bytes.Length - _at < Length)
            throw CutOff();
        _at += Length;
        return new Guid(_bytes.Slice(_at - Length, Length), bigEndian: true);
    }

    public ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var group = Byte();
            if (shift == LastShift && group > 1)
                throw Damaged("a number has more than 64 bits");
            value |= (ulong)(group & 0x7F) << shift;
            if (group > 0x7F)
                continue;
            return group != 0 || shift == 0 ? value : throw Damaged("a number is longer than it has to be");
        }
    }

    public long Signed()
    {
        var value = Number();
        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    /// <summary>Never negative.</summary>
    public long Amount() => Number() is var value && value <= long.MaxValue ? (long)value : throw Damaged("an amount is too large");

    /// <summary>A number of things that the bytes which are left have room for.</summary>
    public readonly int Count(ulong count, int minBytes) =>
        count <= (ulong)((_bytes.Length - _at) / minBytes) ? (int)count : throw CutOff();

    public static FormatException Damaged(string why) => new($"The packed counters are damaged: {why}.");

    private static FormatException CutOff() => Damaged("they end too early");
}

/// <summary>Writes the numbers of <see cref="PackedCounters"/> into bytes that are long enough for them.</summary>
internal ref struct PackedWriter(Span<byte> bytes)
{
    /// <summary>What a number takes at most: 64 bits in groups of 7.</summary>
    public const int MaxNumberBytes = 10;

    private readonly Span<byte> _bytes = bytes;
    private int _at;

    public readonly ReadOnlySpan<byte> Written => _bytes[.._at];

    public void Byte(byte value) => _bytes[_at++] = value;

    public void Id(Guid id)
    {
        if (!id.TryWriteBytes(_bytes[_at..], bigEndian: true, out var written))
            throw new InvalidOperationException("The bytes are too short for the counters.");
        _at += written;
    }

    public void Number(ulong value)
    {
        for (; value > 0x7F; value >>= 7)
            Byte((byte)((value & 0x7F) | 0x80));
        Byte((byte)value);
    }

    /// <summary>Small numbers of either sign become short ones.</summary>
    public void Signed(long value) => Number(unchecked((ulong)(value << 1) ^ (ulong)(value >> 63)));
}
