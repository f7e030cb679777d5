using System.Text.Json.Nodes;
using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>
/// A window that follows another without gap, by the wall clock of a time zone, and may bring over what the last one left.
/// </summary>
public abstract record CyclicWindow : QuotaWindow
{
    private protected CyclicWindow() { }

    /// <summary>By its IANA name; when null, the policy's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What is brought over from one window into the next; null for nothing.</summary>
    public CarryOver? CarryOver { get; init; }

    internal override CarryOver? Carries => CarryOver;

    /// <summary>Its windows in a zone.</summary>
    internal abstract Cycle CycleIn(string timeZone);

    /// <summary>What it counts, but for zone and carry-over.</summary>
    private protected abstract string CanonicalCycle { get; }

    internal override bool Fits(QuotaMeasure measure) => !measure.IsOfTheMoment;

    internal override void Write(JsonObject json, QuotaUnit unit) =>
        json.With("timeZone", TimeZone)
            .With(
                "carryOver",
                CarryOver is { } carry
                    ? new JsonObject()
                        .With("min", carry.Min == 0 ? null : JsonMembers.Amount(carry.Min, unit))
                        .With("max", JsonMembers.Amount(carry.Max, unit))
                    : null
            );

    internal override void Check(Action<string, string, string> add)
    {
        if (TimeZone is { } zone && !Cycle.Knows(zone))
            add("window.timeZone", "unknown-time-zone", Cycle.UnknownZone(Excerpt.Of(zone)));
        if (CarryOver is not { } carry)
            return;
        if (carry.Max > QuotaUnits.MaxLimit)
            add("window.carryOver.max", "overflowing-limit", "The maximum is too large.");
        if (carry.Min < 0 || carry.Max < carry.Min)
            add("window.carryOver", "contradiction", "State a minimum from 0 to the maximum.");
    }

    internal override WindowClock ClockIn(string timeZone) =>
        new CycleClock(CycleIn(TimeZone ?? timeZone), TimeZone ?? timeZone, CarryOver is not null);

    internal override string Canonical(string timeZone) =>
        $"{CanonicalCycle}/{TimeZone ?? timeZone}{(CarryOver is null ? "" : "/carries")}";

    private protected static CarryOver? ReadCarryOver(JsonFields fields, QuotaUnit unit) =>
        fields.Object(
            "carryOver",
            required: false,
            inner =>
            {
                var carryOver = new CarryOver(inner.Amount("min", unit) ?? 0, inner.Amount("max", unit, required: true) ?? 0);
                inner.Done();
                return carryOver;
            }
        );
}

/// <summary>A unit of the civil calendar.</summary>
public sealed record CalendarWindow : CyclicWindow
{
    internal const string Word = "calendar";

    /// <inheritdoc/>
    public override string Kind => Word;

    /// <summary>Weeks begin on Monday; an <see cref="AnchoredWindow"/> begins them on any day.</summary>
    public required CalendarUnit Unit { get; init; }

    private protected override string CanonicalCycle => $"{Word}/{Words.Of(Unit)}";

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) =>
        new CalendarWindow
        {
            Unit = fields.Choice<CalendarUnit>("unit") ?? default,
            TimeZone = fields.Text("timeZone"),
            CarryOver = ReadCarryOver(fields, unit),
        };

    internal override void Write(JsonObject json, QuotaUnit unit)
    {
        json.With("unit", Words.Of(Unit));
        base.Write(json, unit);
    }

    internal override Cycle CycleIn(string timeZone) => CalendarWindows.Of(Unit, timeZone);

    internal override string English() => $"per calendar {Words.Of(Unit)}";

    internal override string Korean() =>
        Unit switch
        {
            CalendarUnit.Hour => "매시간",
            CalendarUnit.Day => "매일",
            CalendarUnit.Week => "매주",
            CalendarUnit.Month => "매월",
            CalendarUnit.Quarter => "매 분기",
            CalendarUnit.Year => "매년",
            _ => throw new InvalidOperationException($"The unit {Unit} has no Korean word."),
        };
}

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
