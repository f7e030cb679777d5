using System.Buffers;

namespace GpuGrants.Quotas.Counting;

/// <summary>
/// The bytes of a subject's counters. Equal counters have equal bytes. Reading accepts nothing that writing does not make, so a damaged row
/// stops the decision that needs it.
/// </summary>
/// <remarks>
/// <para>
/// The first byte is the format; a new format gets a new one. Then comes the number of entries, and the entries in ascending order of their
/// signature's id.
/// </para>
/// <para>
/// An entry has the id in 16 bytes, then twice the number of buckets, plus one if the instant follows from which the subject is counted.
/// A bucket has its beginning, used and held. A beginning is the distance from the one before it, except the first. Whole numbers are in
/// groups of 7 bits, the lowest first, in as few groups as possible. Instants and the first beginning have their sign in the lowest bit.
/// </para>
/// </remarks>
public static class PackedCounters
{
    private const byte Format = 1;
    private const int IdBytes = 16;

    // An entry is at least an id and its number of buckets. A bucket is at least three numbers.
    private const int MinEntryBytes = IdBytes + 1;
    private const int MinBucketBytes = 3;
    private const int MaxHeadBytes = 1 + PackedWriter.MaxNumberBytes;
    private const int MaxEntryBytes = IdBytes + (2 * PackedWriter.MaxNumberBytes);
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
    /// <exception cref="FormatException">The bytes are of an unknown format, cut off, too long, out of order or otherwise damaged.</exception>
    public static SubjectCounters Read(ReadOnlySpan<byte> bytes)
    {
        var input = new PackedReader(bytes);
        if (input.Byte() is var format and not Format)
            throw new FormatException($"The counters are packed in format {format}. This version reads format {Format}.");
        var counters = new SubjectCounters();
        var before = Guid.Empty;
        var entries = input.Count(input.Number(), MinEntryBytes);
        for (var i = 0; i < entries; i++)
        {
            var id = input.Id();
            if (i > 0 && before.CompareTo(id) >= 0)
                throw PackedReader.Damaged("signatures are out of order");
            counters.Set(id, ReadCounter(ref input));
            before = id;
        }

        return input.IsAtEnd ? counters : throw PackedReader.Damaged("bytes follow the last counter");
    }

    private static void Write(ref PackedWriter output, QuotaCounter counter)
    {
        var buckets = counter.Buckets;
        var hasFirst = counter.FirstMs != CounterReading.Never;
        output.Number(((ulong)buckets.Length << 1) | (hasFirst ? 1UL : 0));
        if (hasFirst)
            output.Signed(counter.FirstMs);
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

    private static QuotaCounter ReadCounter(ref PackedReader input)
    {
        var head = input.Number();
        var first = CounterReading.Never;
        if ((head & 1) != 0 && (first = input.Signed()) == CounterReading.Never)
            throw PackedReader.Damaged("an instant is none");
        var count = input.Count(head >> 1, MinBucketBytes);
        var buckets = count == 0 ? [] : new QuotaBucket[count];
        for (var i = 0; i < count; i++)
        {
            var start = i == 0 ? input.Signed() : After(buckets[i - 1].StartMs, input.Number());
            buckets[i] = new QuotaBucket(start, input.Amount(), input.Amount());
        }

        return new QuotaCounter(buckets, first);
    }

    private static long After(long startMs, ulong distance) =>
        distance != 0 && distance <= unchecked((ulong)long.MaxValue - (ulong)startMs)
            ? unchecked((long)((ulong)startMs + distance))
            : throw PackedReader.Damaged("buckets are out of order");
}
