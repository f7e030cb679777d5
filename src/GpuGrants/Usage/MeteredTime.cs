using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>
/// GPU time as exact as it is metered: thousandths of a GPU × milliseconds, which are GPU-microseconds. Never negative.
/// </summary>
public readonly record struct MeteredTime
{
    /// <summary>GPU-microseconds in one GPU-second.</summary>
    public const long MicrosecondsPerSecond = 1_000_000;

    private MeteredTime(long microseconds) => GpuMicroseconds = microseconds;

    /// <summary>0 or more.</summary>
    public long GpuMicroseconds { get; }

    /// <summary>Whole GPU-seconds, rounded down: what is charged.</summary>
    public GpuTime Charged => GpuTime.FromSeconds(GpuMicroseconds / MicrosecondsPerSecond);

    /// <exception cref="ArgumentOutOfRangeException">The amount is negative.</exception>
    public static MeteredTime FromMicroseconds(long gpuMicroseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gpuMicroseconds);
        return new MeteredTime(gpuMicroseconds);
    }

    /// <summary>Takes off what was used in a span.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span used more than there is.</exception>
    public MeteredTime Without(int milliGpus, UsageSpan span) => FromMicroseconds(checked(GpuMicroseconds - (milliGpus * span.LengthMs)));

    /// <summary>Adds what was used in a span unless the sum would be more than <paramref name="most"/>.</summary>
    /// <returns>False when it would be.</returns>
    public bool TryAdd(int milliGpus, UsageSpan span, GpuTime most, out MeteredTime sum)
    {
        // In 128 bits: 100,000 GPUs for a century are more than 64 bits hold.
        var exact = GpuMicroseconds + ((Int128)milliGpus * span.LengthMs);
        var fits = exact <= (Int128)most.Seconds * MicrosecondsPerSecond;
        sum = fits ? new MeteredTime((long)exact) : this;
        return fits;
    }
}
