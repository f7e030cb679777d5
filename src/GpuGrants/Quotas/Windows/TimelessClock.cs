namespace GpuGrants.Quotas.Windows;

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
