using System.Text.Json.Nodes;
using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>
/// Over which time a rule counts. The hierarchy is closed: each case says in one file how it is read, written, checked, counted and worded.
/// </summary>
public abstract record QuotaWindow
{
    private protected QuotaWindow() { }

    /// <summary>How each kind is read from a document, by its word.</summary>
    internal static IReadOnlyList<(string Word, Func<JsonFields, QuotaUnit, QuotaWindow> Read)> Kinds { get; } =
    [
        (PerRequestWindow.Word, PerRequestWindow.Read),
        (ConcurrentWindow.Word, ConcurrentWindow.Read),
        (LifetimeWindow.Word, LifetimeWindow.Read),
        (CalendarWindow.Word, CalendarWindow.Read),
        (AnchoredWindow.Word, AnchoredWindow.Read),
        (FirstUseWindow.Word, FirstUseWindow.Read),
        (RollingWindow.Word, RollingWindow.Read),
    ];

    /// <summary>The words of all kinds.</summary>
    public static IEnumerable<string> KindWords => Kinds.Select(kind => kind.Word);

    /// <summary>The word of its kind in documents and answers, such as <c>per-request</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>False when nothing is remembered from one request to the next.</summary>
    internal virtual bool IsCounted => true;

    /// <summary>Whether what was counted stays counted for ever.</summary>
    internal virtual bool IsEndless => false;

    /// <summary>
    /// Uses within one cell always count in the same bucket. Cells follow each other from 1970 UTC on. Windows of the calendar begin at a
    /// quarter of an hour in every time zone.
    /// </summary>
    /// <returns>Milliseconds; null when no two instants are sure to count together.</returns>
    internal virtual long? CellMs => 15 * 60_000;

    /// <summary>Whether amounts leave it one after the other, not all at once.</summary>
    internal virtual bool FreesInParts => false;

    /// <summary>What it brings over from the window before.</summary>
    internal virtual CarryOver? Carries => null;

    /// <summary>Whether the measure can be counted over it.</summary>
    internal abstract bool Fits(QuotaMeasure measure);

    /// <summary>Finds what is wrong with it: the field from <c>window</c> on, the code and the message.</summary>
    internal virtual void Check(Action<string, string, string> add) { }

    /// <summary>Adds its members, but for the kind, to a document.</summary>
    internal virtual void Write(JsonObject json, QuotaUnit unit) { }

    /// <summary>What counters need of it. The zone holds where it names none.</summary>
    internal abstract WindowClock ClockIn(string timeZone);

    /// <summary>A text that two windows share exactly when they count the same.</summary>
    internal abstract string Canonical(string timeZone);

    /// <summary>Follows an amount, such as <c>per calendar month</c>.</summary>
    internal abstract string English();

    /// <summary>Stands before an amount, such as <c>매월</c>.</summary>
    internal abstract string Korean();

    /// <summary>Reads the window of a rule; null when its kind is unknown, which was noted.</summary>
    internal static QuotaWindow? Of(JsonFields fields, QuotaUnit unit)
    {
        if (fields.Choice("kind", Kinds, kind => kind.Word) is not { Read: { } read })
            return null;
        var window = read(fields, unit);
        fields.Done();
        return window;
    }
}

/// <summary>What was counted in one stretch of time.</summary>
/// <param name="StartMs">When it begins, in milliseconds since 1970 UTC.</param>
/// <param name="Used">Counted for good, in the measure's unit.</param>
/// <param name="Held">Kept for requests under review, and under a limit on use for grants that may still use it.</param>
internal readonly record struct QuotaBucket(long StartMs, long Used, long Held)
{
    /// <summary>The beginning of the last bucket of a counter, if it has one that counts in every window.</summary>
    public const long EveryWindow = long.MaxValue;
}

/// <summary>
/// What a counter says about the window at one moment. Read for each rule of each decision, so it is as small as it can be.
/// </summary>
/// <param name="Used">Counted for good, in the measure's unit.</param>
/// <param name="Held">Kept for requests under review, and under a limit on use for grants that may still use it.</param>
/// <param name="Carried">Brought in from earlier windows: adds to the limit.</param>
/// <param name="WindowStartMs">In milliseconds since 1970 UTC; <see cref="Never"/> when the window has no beginning, or has not
/// begun.</param>
/// <param name="ResetsAtMs">When something stops to count next; <see cref="Never"/> when time alone changes nothing.</param>
public readonly record struct CounterReading(long Used, long Held, long Carried, long WindowStartMs, long ResetsAtMs)
{
    /// <summary>Stands for no moment.</summary>
    public const long Never = long.MinValue;

    /// <summary>Nothing counted, in a window without bounds.</summary>
    public static CounterReading None { get; } = new(0, 0, 0, Never, Never);

    /// <summary>What a limit leaves of the window, with what earlier windows left; never less than zero.</summary>
    internal long Left(long limit) => Math.Max(0, limit + Carried - Used - Held);
}

/// <summary>
/// How a window divides time into buckets, what it reads from them, and when they may go. Counters keep the buckets, ascending. Safe to use
/// from many threads.
/// </summary>
internal abstract class WindowClock
{
    /// <summary>The IANA name of the zone by whose wall clock it counts; null when it needs none.</summary>
    public virtual string? TimeZone => null;

    /// <summary>What counts at the moment.</summary>
    /// <param name="buckets">All that is known of the subject; empty when nothing is.</param>
    /// <param name="nowMs">The moment, in milliseconds since 1970 UTC.</param>
    /// <param name="closed">By what past windows carry over; null when they do not.</param>
    public abstract CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long nowMs, ClosingLimits? closed = null);

    /// <summary>The beginning of the bucket that counts the instant; null when no later question can ask for it.</summary>
    /// <param name="buckets">What is known already.</param>
    /// <param name="countsAtMs">The instant at which something counts.</param>
    /// <param name="nowMs">The present moment. It may lie before <paramref name="countsAtMs"/>: outstanding time counts in coming
    /// windows.</param>
    /// <param name="mayOpen">Whether it may begin a window that is not known yet.</param>
    public abstract long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen);

    /// <summary>How many of the oldest buckets no later question can ask for.</summary>
    public abstract int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs);

    /// <summary>Of windows that carry over: when the oldest one begins that matters at the moment; else null.</summary>
    public virtual long? CarriesFrom(long nowMs) => null;

    /// <summary>
    /// The windows that a stretch of time overlaps, in their order, where they are known in advance and are not too many. Null otherwise:
    /// what may be used in the stretch then counts in every window.
    /// </summary>
    public virtual IReadOnlyList<CalendarSpan>? WindowsOf(long fromMs, long toMs) => null;

    /// <summary>The longest stretch of time that counts together.</summary>
    public virtual long LongestMs => long.MaxValue;

    /// <summary>Cuts a use into the parts that count at different instants.</summary>
    /// <param name="seconds">GPU-seconds in all; negative for a use that is taken back.</param>
    /// <param name="fromMs">When it began.</param>
    /// <param name="toMs">When it ended, not included. Not after the beginning when it counts at that instant.</param>
    /// <returns>Instants with their parts, which add up to the whole.</returns>
    public virtual IEnumerable<(long AtMs, long Seconds)> PartsOf(long seconds, long fromMs, long toMs) => [(toMs, seconds)];

    /// <summary>Parts by the length between edges. Each edge is rounded down by itself, so all parts add up to the whole.</summary>
    protected static IEnumerable<(long AtMs, long Seconds)> Cut(long seconds, long fromMs, long toMs, IEnumerable<long> edges)
    {
        var (start, before) = (fromMs, 0L);
        foreach (var edge in edges)
        {
            if (edge <= start || edge >= toMs)
                continue;
            var until = (long)((Int128)seconds * (edge - fromMs) / (toMs - fromMs));
            if (until != before)
                yield return (start, until - before);
            (start, before) = (edge, until);
        }

        if (seconds != before)
            yield return (start, seconds - before);
    }

    protected static int OlderThan(long oldestMs, ReadOnlySpan<QuotaBucket> buckets)
    {
        var gone = 0;
        while (gone < buckets.Length && buckets[gone].StartMs < oldestMs)
            gone++;
        return gone;
    }
}

/// <summary>Counts everything in one bucket that never ends.</summary>
internal sealed class TimelessClock : WindowClock
{
    public static TimelessClock Instance { get; } = new();

    public override CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long nowMs, ClosingLimits? closed = null) =>
        buckets.IsEmpty
            ? CounterReading.None
            : new CounterReading(buckets[0].Used, buckets[0].Held, 0, CounterReading.Never, CounterReading.Never);

    public override long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen) => 0;

    public override int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs) => 0;
}
