using System.Globalization;

namespace GpuGrants.Units;

/// <summary>
/// What an offer charges: whole millicredits per GPU-hour, from 0 (a donated GPU) to 1,000,000 (1,000 credits per GPU-hour).
/// </summary>
public readonly record struct Rate : IComparable<Rate>
{
    /// <summary>The dearest rate that an offer may name, in millicredits per GPU-hour.</summary>
    public const long MaxMillicreditsPerGpuHour = 1_000_000;

    private Rate(long value) => MillicreditsPerGpuHour = value;

    /// <summary>0 or more.</summary>
    public long MillicreditsPerGpuHour { get; }

    /// <summary>Credits per GPU-hour, with three decimals at most.</summary>
    public decimal CreditsPerGpuHour => MillicreditsPerGpuHour / 1_000m;

    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or above <see cref="MaxMillicreditsPerGpuHour"/>.</exception>
    public static Rate FromMillicredits(long millicreditsPerGpuHour)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(millicreditsPerGpuHour);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(millicreditsPerGpuHour, MaxMillicreditsPerGpuHour);
        return new Rate(millicreditsPerGpuHour);
    }

    /// <summary>Reads credits per GPU-hour from the wire. False when negative, too large, or finer than a millicredit.</summary>
    public static bool TryFromCredits(decimal creditsPerGpuHour, out Rate rate)
    {
        rate = default;
        if (creditsPerGpuHour < 0 || creditsPerGpuHour > MaxMillicreditsPerGpuHour / 1_000m)
            return false;
        if (creditsPerGpuHour * 1_000 != decimal.Truncate(creditsPerGpuHour * 1_000))
            return false;
        rate = new Rate((long)(creditsPerGpuHour * 1_000));
        return true;
    }

    /// <summary>
    /// What <paramref name="time"/> costs at this rate, exactly: the unit of <see cref="Credits"/> makes every product whole.
    /// </summary>
    /// <exception cref="OverflowException">The cost does not fit.</exception>
    public Credits CostOf(GpuTime time) => Credits.FromUnits(checked(time.Seconds * MillicreditsPerGpuHour));

    /// <summary>The most GPU time that <paramref name="credits"/> buys at this rate; everything there is when the rate is zero.</summary>
    public GpuTime AffordableWith(Credits credits) =>
        MillicreditsPerGpuHour == 0
            ? GpuTime.FromSeconds(GpuTime.MaxSeconds)
            : GpuTime.FromSeconds(Math.Min(GpuTime.MaxSeconds, credits.Units / MillicreditsPerGpuHour));

    /// <inheritdoc/>
    public int CompareTo(Rate other) => MillicreditsPerGpuHour.CompareTo(other.MillicreditsPerGpuHour);

    /// <summary>Whether the left is less.</summary>
    public static bool operator <(Rate left, Rate right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left is at most the right.</summary>
    public static bool operator <=(Rate left, Rate right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left is more.</summary>
    public static bool operator >(Rate left, Rate right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left is at least the right.</summary>
    public static bool operator >=(Rate left, Rate right) => left.CompareTo(right) >= 0;

    /// <summary>For people, with the unit.</summary>
    public override string ToString() => CreditsPerGpuHour.ToString("0.###", CultureInfo.InvariantCulture) + " credits per GPU-hour";
}
