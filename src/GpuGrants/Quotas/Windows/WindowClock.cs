using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

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
