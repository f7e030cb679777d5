using System.Globalization;
using System.Numerics;

namespace GpuGrants.Units;

/// <summary>
/// An amount of GPU time in whole GPU-seconds, never negative: two GPUs for an hour are 7,200.
/// </summary>
/// <remarks>
/// On the wire it is decimal GPU-hours, a multiple of 0.01 h (36 s). Anything finer is refused, never rounded,
/// so that what a person typed and what the ledger holds are the same number.
/// </remarks>
public readonly record struct GpuTime
    : IComparable<GpuTime>,
        IAdditionOperators<GpuTime, GpuTime, GpuTime>,
        ISubtractionOperators<GpuTime, GpuTime, GpuTime>,
        IComparisonOperators<GpuTime, GpuTime, bool>
{
    /// <summary>Seconds in the smallest step of the wire format, 0.01 GPU-hours.</summary>
    public const long StepSeconds = 36;

    /// <summary>The largest amount anything may name: 100 million GPU-hours, so that sums and products stay far from overflow.</summary>
    public const long MaxSeconds = 100_000_000L * 3_600;

    private GpuTime(long seconds) => Seconds = seconds;

    /// <summary>GPU-seconds; 0 or more.</summary>
    public long Seconds { get; }

    /// <summary>Nothing.</summary>
    public static GpuTime Zero => default;

    /// <summary>Whether it is nothing.</summary>
    public bool IsZero => Seconds == 0;

    /// <summary>
    /// GPU-hours with at most two decimals when the amount is a multiple of <see cref="StepSeconds"/>, else exact to the second's fraction.
    /// </summary>
    public decimal Hours => Seconds / 3_600m;

    /// <exception cref="ArgumentOutOfRangeException">The amount is negative.</exception>
    public static GpuTime FromSeconds(long seconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds);
        return new GpuTime(seconds);
    }

    /// <summary>Reads decimal GPU-hours from the wire. False when negative, finer than 0.01 h or above <see cref="MaxSeconds"/>.</summary>
    public static bool TryFromHours(decimal hours, out GpuTime time)
    {
        time = default;
        if (hours < 0 || hours > MaxSeconds / 3_600m || hours * 100 != decimal.Truncate(hours * 100))
            return false;
        time = new GpuTime((long)(hours * 100) * StepSeconds);
        return true;
    }

    /// <summary>The largest wire-format amount that is not above this one.</summary>
    public GpuTime FloorToStep() => new(Seconds / StepSeconds * StepSeconds);

    /// <summary>The sum.</summary>
    /// <exception cref="OverflowException">It does not fit into 64 bits.</exception>
    public static GpuTime operator +(GpuTime left, GpuTime right) => new(checked(left.Seconds + right.Seconds));

    /// <exception cref="OverflowException">The difference would be negative.</exception>
    public static GpuTime operator -(GpuTime left, GpuTime right) =>
        left.Seconds >= right.Seconds
            ? new GpuTime(left.Seconds - right.Seconds)
            : throw new OverflowException($"{left} - {right} is negative.");

    static GpuTime IAdditionOperators<GpuTime, GpuTime, GpuTime>.operator checked +(GpuTime left, GpuTime right) => left + right;

    static GpuTime ISubtractionOperators<GpuTime, GpuTime, GpuTime>.operator checked -(GpuTime left, GpuTime right) => left - right;

    /// <summary>Whether the left is less.</summary>
    public static bool operator <(GpuTime left, GpuTime right) => left.Seconds < right.Seconds;

    /// <summary>Whether the left is at most the right.</summary>
    public static bool operator <=(GpuTime left, GpuTime right) => left.Seconds <= right.Seconds;

    /// <summary>Whether the left is more.</summary>
    public static bool operator >(GpuTime left, GpuTime right) => left.Seconds > right.Seconds;

    /// <summary>Whether the left is at least the right.</summary>
    public static bool operator >=(GpuTime left, GpuTime right) => left.Seconds >= right.Seconds;

    /// <inheritdoc/>
    public int CompareTo(GpuTime other) => Seconds.CompareTo(other.Seconds);

    /// <summary>For people, with the unit.</summary>
    public override string ToString() => Hours.ToString("0.######", CultureInfo.InvariantCulture) + " GPU-hours";
}
