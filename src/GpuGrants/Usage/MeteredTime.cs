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

    /// <summary>The sum of both.</summary>
    public MeteredTime Plus(MeteredTime other) => new(checked(GpuMicroseconds + other.GpuMicroseconds));

    /// <summary>What is left without the other.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The other is more.</exception>
    public MeteredTime Without(MeteredTime other) => FromMicroseconds(GpuMicroseconds - other.GpuMicroseconds);

    /// <summary>What thousandths of a GPU use in a number of milliseconds.</summary>
    /// <returns>False when 62 bits cannot hold it.</returns>
    public static bool TryOf(int milliGpus, long lengthMs, out MeteredTime time)
    {
        // In 128 bits: 100,000 GPUs for a century are more than 64 bits hold.
        var exact = (Int128)milliGpus * lengthMs;
        var fits = exact <= long.MaxValue / 2;
        time = fits ? new MeteredTime((long)exact) : default;
        return fits;
    }
}
