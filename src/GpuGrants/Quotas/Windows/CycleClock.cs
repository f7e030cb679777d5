using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>Counts one bucket for each window of a cycle. Carry-over keeps <see cref="CarryOver.MaxWindows"/> windows more.</summary>
internal sealed class CycleClock(Cycle cycle, string timeZone, CarryOver? carryOver) : WindowClock
{
    public override string TimeZone => timeZone;

    public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long nowMs, long limit)
    {
        var span = cycle.At(nowMs);
        var carried = carryOver is null ? 0 : CarriedInto(buckets, firstMs, span.StartMs, limit);
        var (used, held) = Sum(buckets, span.StartMs, span.EndMs);
        return new CounterReading(used, held, carried, span.StartMs, span.EndMs);
    }

    public override long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen)
    {
        var start = cycle.At(countsAtMs).StartMs;
        return start < OldestKept(nowMs) ? null : start;
    }

    public override int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs) =>
        buckets.IsEmpty ? 0 : OlderThan(OldestKept(nowMs), buckets);

    public override long? CountedFrom(long countsAtMs) => carryOver is null ? null : cycle.At(countsAtMs).StartMs;

    private long OldestKept(long nowMs)
    {
        var start = cycle.At(nowMs).StartMs;
        for (var i = 0; carryOver is not null && i < CarryOver.MaxWindows; i++)
            start = cycle.At(start - 1).StartMs;
        return start;
    }

    private long CarriedInto(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long windowStart, long limit)
    {
        if (firstMs == CounterReading.Never)
            return 0;
        var windows = new List<(long Start, long End)>(CarryOver.MaxWindows);
        for (var start = windowStart; start > firstMs && windows.Count < CarryOver.MaxWindows; )
        {
            var before = cycle.At(start - 1);
            windows.Add((before.StartMs, before.EndMs));
            start = before.StartMs;
        }

        long carried = 0;
        for (var i = windows.Count - 1; i >= 0; i--)
        {
            var (start, end) = windows[i];
            var (used, held) = Sum(buckets, start, end);
            var balance = limit + carried - used - held;
            carried = Math.Min(carryOver!.Max, Math.Max(carryOver.Min, balance));
        }

        return carried;
    }

    /// <summary>
    /// What is counted in buckets from the one instant to before the other. Questions are about the latest buckets, so it begins at the
    /// end.
    /// </summary>
    private static (long Used, long Held) Sum(ReadOnlySpan<QuotaBucket> buckets, long from, long to)
    {
        long used = 0,
            held = 0;
        for (var i = buckets.Length - 1; i >= 0 && buckets[i].StartMs >= from; i--)
        {
            if (buckets[i].StartMs >= to)
                continue;
            used += buckets[i].Used;
            held += buckets[i].Held;
        }

        return (used, held);
    }
}
