using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>Counts one bucket for each window of a cycle. Carry-over keeps <see cref="CarryOver.MaxWindows"/> windows more.</summary>
internal sealed class CycleClock(Cycle cycle, string timeZone, bool carries) : WindowClock
{
    /// <summary>The most windows in which one grant counts one by one: a year of days.</summary>
    private const int MaxWindows = 400;

    private volatile Known? _last;
    private volatile Closed? _closed;

    public override string TimeZone => timeZone;

    public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long nowMs, ClosingLimits? closed = null)
    {
        var span = cycle.At(nowMs);
        var carried = closed is null ? 0 : CarriedInto(buckets, span.StartMs, closed);
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

    public override long? CarriesFrom(long nowMs) => carries ? OldestKept(nowMs) : null;

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
        return carries ? ClosedBefore(start)[^1].StartMs : start;
    }

    private long CarriedInto(ReadOnlySpan<QuotaBucket> buckets, long windowStart, ClosingLimits closed)
    {
        var windows = ClosedBefore(windowStart);
        var limits = new ClosingLimit[windows.Count];
        var known = 0;
        // Whatever came before a window that closed without a limit, that window carried nothing.
        while (known < limits.Length && closed(windows[known].EndMs - 1) is { } limit)
            limits[known++] = limit;
        long carried = 0;
        for (var i = known - 1; i >= 0; i--)
        {
            var (used, held) = Sum(buckets, windows[i].StartMs, windows[i].EndMs);
            var balance = limits[i].Limit + carried - used - held;
            carried = Math.Min(limits[i].Bounds.Max, Math.Max(limits[i].Bounds.Min, balance));
        }

        return carried;
    }

    /// <summary>
    /// The windows before one, the latest first: as many as may carry over. Found once, because most questions are of one window.
    /// </summary>
    public IReadOnlyList<CalendarSpan> ClosedBefore(long windowStart)
    {
        if (_closed is { } known && known.BeforeMs == windowStart)
            return known.Windows;
        var windows = new CalendarSpan[CarryOver.MaxWindows];
        var start = windowStart;
        for (var i = 0; i < windows.Length; i++)
        {
            windows[i] = cycle.At(start - 1);
            start = windows[i].StartMs;
        }

        _closed = new Closed(windowStart, windows);
        return windows;
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

    private sealed record Closed(long BeforeMs, IReadOnlyList<CalendarSpan> Windows);
}
