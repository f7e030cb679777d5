using CsCheck;

namespace GpuGrants.Tests.Quotas;

/// <summary>How a subject's counters become bytes and back.</summary>
public class PackedCountersTests
{
    private static readonly Gen<long> Instants = Gen.OneOf(Gen.Long, Gen.Long[0, 2_000_000_000_000]);

    private static readonly Gen<long> Amounts = Gen.OneOf(Gen.Long[0, 500], Gen.Long[0, long.MaxValue]);

    private static readonly Gen<QuotaCounter> Counters = Gen.Select(Instants, Amounts, Amounts)
        .Array[0, 12]
        .Select(buckets =>
        {
            var sorted = buckets.DistinctBy(bucket => bucket.Item1).OrderBy(bucket => bucket.Item1).ToList();
            return new QuotaCounter(
                [.. sorted.Select(bucket => bucket.Item1)],
                [.. sorted.Select(bucket => bucket.Item2)],
                [.. sorted.Select(bucket => bucket.Item3)]
            );
        });

    private static readonly Gen<(Guid Id, QuotaCounter Counter)[]> Entries = Gen.Select(Gen.Guid, Counters)
        .Array[0, 8]
        .Select(entries => entries.DistinctBy(entry => entry.Item1).ToArray());

    [Fact]
    public void What_was_packed_is_unpacked_as_it_was() =>
        Entries.Sample(entries =>
        {
            var read = PackedCounters.Read(PackedCounters.Write(Subject(entries)));
            Assert.Equal(entries.Length, read.All.Count);
            Assert.All(entries, entry => Assert.Equal(Text(entry.Counter), Text(read.Find(entry.Id)!)));
        });

    [Fact]
    public void Equal_counters_have_equal_bytes_whatever_order_they_were_made_in() =>
        Gen.Select(Entries, Gen.Int)
            .Sample(
                (entries, seed) =>
                {
                    var shuffled = entries.ToArray();
                    new Random(seed).Shuffle(shuffled);
                    Assert.Equal(PackedCounters.Write(Subject(entries)), PackedCounters.Write(Subject(shuffled)));
                }
            );

    [Fact]
    public void Bytes_that_are_cut_off_are_refused() =>
        Gen.Select(Entries, Gen.Double.Unit)
            .Sample(
                (entries, part) =>
                {
                    var bytes = PackedCounters.Write(Subject(entries));
                    Assert.Throws<FormatException>(() => PackedCounters.Read(bytes.AsSpan(0, (int)(part * bytes.Length))));
                }
            );

    [Fact]
    public void Bytes_that_follow_the_last_counter_are_refused() =>
        Gen.Select(Entries, Gen.Byte.Array[1, 40])
            .Sample(
                (entries, more) =>
                    Assert.Throws<FormatException>(() => PackedCounters.Read([.. PackedCounters.Write(Subject(entries)), .. more]))
            );

    [Fact]
    public void Damaged_bytes_are_refused_or_are_exactly_what_other_counters_are_packed_as() =>
        Gen.Select(Entries, Gen.Select(Gen.Double.Unit, Gen.Byte).Array[1, 3])
            .Sample(
                (entries, changes) =>
                {
                    var bytes = PackedCounters.Write(Subject(entries));
                    foreach (var (part, value) in changes)
                        bytes[(int)(part * bytes.Length)] = value;
                    AssertRefusedOrCanonical(bytes);
                },
                iter: 5_000
            );

    [Fact]
    public void Any_bytes_are_refused_or_are_exactly_what_counters_are_packed_as() =>
        Gen.Byte.Array[0, 200].Sample(bytes => AssertRefusedOrCanonical([2, .. bytes]), iter: 5_000);

    [Theory]
    [InlineData("", "they end too early")]
    [InlineData("03 00", "format 3")]
    [InlineData("02 FF FF FF FF FF FF FF FF FF 01", "they end too early")]
    [InlineData("02 80 00", "longer than it has to be")]
    [InlineData("02 FF FF FF FF FF FF FF FF FF 02", "more than 64 bits")]
    [InlineData("02 01 {A} FF FF FF FF FF FF FF FF 7F", "they end too early")]
    [InlineData("02 02 {B} 00 {A} 00", "signatures are out of order")]
    [InlineData("02 02 {A} 00 {A} 00", "signatures are out of order")]
    [InlineData("02 01 {A} 02 00 00 00 00 00 00", "buckets are out of order")]
    [InlineData("02 01 {A} 01 00 80 80 80 80 80 80 80 80 80 01 00", "an amount is too large")]
    [InlineData("02 00 00", "bytes follow the last counter")]
    public void Damage_is_named(string hex, string why)
    {
        var text = hex.Replace("{A}", new string('A', 32), StringComparison.Ordinal)
            .Replace("{B}", new string('B', 32), StringComparison.Ordinal)
            .Replace(" ", "", StringComparison.Ordinal);
        var failure = Assert.Throws<FormatException>(() => PackedCounters.Read(Convert.FromHexString(text)));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_amount_is_never_packed() =>
        Assert.Throws<FormatException>(() => PackedCounters.Write(Subject((Guid.NewGuid(), new QuotaCounter([0], [-1], [0])))));

    [Fact]
    public void The_bytes_of_a_format_never_change()
    {
        var counters = Subject(
            (Guid.Parse("bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"), new QuotaCounter([0], [3_600], [0])),
            (Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10"), new QuotaCounter([-1, 1_000], [1, 2], [3, 4]))
        );
        Assert.Equal(
            "02" + "02" + "0102030405060708090A0B0C0D0E0F10" + "02" + "010103" + "E9070204" + new string('B', 32) + "01" + "00901C00",
            Convert.ToHexString(PackedCounters.Write(counters))
        );
    }

    [Fact]
    public void Bytes_of_the_first_format_are_still_read()
    {
        // Twice the number of buckets, and one more for an instant that follows.
        var read = PackedCounters.Read(Convert.FromHexString("01" + "01" + new string('A', 32) + "05D00F" + "010103" + "E9070204"));
        Assert.Equal("-1,1000 / 1,2 / 3,4", Text(read.Find(Guid.Parse(new string('a', 32)))!));
    }

    [Fact]
    public void A_counter_that_nobody_counts_any_more_is_left_out()
    {
        var (kept, gone) = (Guid.NewGuid(), Guid.NewGuid());
        var counters = Subject((kept, new QuotaCounter([0], [1], [0])), (gone, new QuotaCounter([0], [2], [0])));
        counters.Prune(id => id == kept);
        Assert.Equal([kept], PackedCounters.Read(PackedCounters.Write(counters)).All.Keys);
    }

    private static void AssertRefusedOrCanonical(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var again = PackedCounters.Write(PackedCounters.Read(bytes));
            // What the first format packed is packed anew in the second.
            if (bytes[0] != 1)
                Assert.Equal(bytes, again);
        }
        catch (FormatException)
        {
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000 + (100 * bytes.Length));
        }
    }

    private static SubjectCounters Subject(params ReadOnlySpan<(Guid Id, QuotaCounter Counter)> entries)
    {
        var counters = new SubjectCounters();
        foreach (var (id, counter) in entries)
            counters.Set(id, counter);
        return counters;
    }

    private static string Text(QuotaCounter counter) =>
        string.Join(" / ", new[] { counter.Starts, counter.Used, counter.Held }.Select(column => string.Join(',', column)));
}
