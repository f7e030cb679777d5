using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>Counts one bucket for each window of a cycle. Carry-over keeps <see cref="CarryOver.MaxWindows"/> windows more.</summary>
internal sealed class CycleClock(Cycle cycle, string timeZone, CarryOver? carryOver) : WindowClock
{
    /// <summary>The most windows in which one grant counts one by one: a year of days.</summary>
    private const int MaxWindows = 400;

    private volatile Known? _last;

    public override string TimeZone => timeZone;

    public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long nowMs, long limit) =>
        Read(buckets, firstMs, nowMs, _ => limit);

    /// <summary>The same where past windows had limits of their own.</summary>
    /// <param name="buckets">All that is known of the subject.</param>
    /// <param name="firstMs">From when the subject is counted.</param>
    /// <param name="nowMs">The moment.</param>
    /// <param name="limitAt">The limit by which a past window is reckoned, by its last instant.</param>
    public CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long nowMs, Func<long, long> limitAt)
    {
        var span = cycle.At(nowMs);
        var carried = carryOver is null ? 0 : CarriedInto(buckets, firstMs, span.StartMs, limitAt);
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

    public override IReadOnlyList<CalendarSpan>? WindowsOf(long fromMs, long toMs)
    {
        // All usage of a report is about one grant, and its request was asked for the same dates.
        if (_last is { } last && last.FromMs == fromMs && last.ToMs == toMs)
            return last.Windows;
        var windows = Find(fromMs, toMs);
        _last = new Known(fromMs, toMs, windows);
        return windows;
    }

    private List<CalendarSpan>? Find(long fromMs, long toMs)
    {
        var windows = new List<CalendarSpan>();
        for (var at = fromMs; at < toMs; at = windows[^1].EndMs)
        {
            if (windows.Count == MaxWindows)
                return null;
            windows.Add(cycle.At(at));
        }

        return windows;
    }

    public override IEnumerable<(long AtMs, long Seconds)> PartsOf(long seconds, long fromMs, long toMs) =>
        toMs <= fromMs ? [(toMs, seconds)] : Cut(seconds, fromMs, toMs, Edges(fromMs, toMs));

    /// <summary>The window of an instant.</summary>
    public CalendarSpan WindowAt(long ms) => cycle.At(ms);

    /// <summary>What counts in a window that is known.</summary>
    public static CounterReading ReadWindow(ReadOnlySpan<QuotaBucket> buckets, CalendarSpan window)
    {
        var (used, held) = Sum(buckets, window.StartMs, window.EndMs);
        return new CounterReading(used, held, 0, window.StartMs, window.EndMs);
    }

    private IEnumerable<long> Edges(long fromMs, long toMs)
    {
        for (var edge = cycle.At(fromMs).EndMs; edge < toMs; edge = cycle.At(edge).EndMs)
            yield return edge;
    }

    private long OldestKept(long nowMs)
    {
        var start = cycle.At(nowMs).StartMs;
        for (var i = 0; carryOver is not null && i < CarryOver.MaxWindows; i++)
            start = cycle.At(start - 1).StartMs;
        return start;
    }

    private long CarriedInto(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long windowStart, Func<long, long> limitAt)
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
            var balance = limitAt(end - 1) + carried - used - held;
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

    private sealed record Known(long FromMs, long ToMs, IReadOnlyList<CalendarSpan>? Windows);
}
