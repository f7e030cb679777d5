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
    /// <param name="firstMs">From when the subject is counted; <see cref="CounterReading.Never"/> when it is not.</param>
    /// <param name="nowMs">The moment, in milliseconds since 1970 UTC.</param>
    /// <param name="limit">The limit by which past windows are reckoned, in the measure's unit.</param>
    public abstract CounterReading Read(ReadOnlySpan<QuotaBucket> buckets, long firstMs, long nowMs, long limit);

    /// <summary>The beginning of the bucket that counts the instant; null when no later question can ask for it.</summary>
    /// <param name="buckets">What is known already.</param>
    /// <param name="countsAtMs">The instant at which something counts.</param>
    /// <param name="nowMs">The present moment: not before <paramref name="countsAtMs"/>.</param>
    /// <param name="mayOpen">Whether it may begin a window that is not known yet.</param>
    public abstract long? BucketOf(ReadOnlySpan<QuotaBucket> buckets, long countsAtMs, long nowMs, bool mayOpen);

    /// <summary>How many of the oldest buckets no later question can ask for.</summary>
    public abstract int Outdated(ReadOnlySpan<QuotaBucket> buckets, long nowMs);

    /// <summary>Of windows that carry over: when the window of the instant begins; else null.</summary>
    public virtual long? CountedFrom(long countsAtMs) => null;

    protected static int OlderThan(long oldestMs, ReadOnlySpan<QuotaBucket> buckets)
    {
        var gone = 0;
        while (gone < buckets.Length && buckets[gone].StartMs < oldestMs)
            gone++;
        return gone;
    }
}
