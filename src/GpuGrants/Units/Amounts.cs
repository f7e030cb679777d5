using System.Globalization;
using System.Numerics;

namespace GpuGrants.Units;

/// <summary>
/// An amount of credits, never negative, in units of 1/3,600,000 credit.
/// </summary>
/// <remarks>
/// The unit is one GPU-second at one millicredit per GPU-hour, so GPU-seconds × rate is always a whole number of
/// units and nothing in the product ever rounds money.
/// </remarks>
public readonly record struct Credits
    : IComparable<Credits>,
        IAdditionOperators<Credits, Credits, Credits>,
        ISubtractionOperators<Credits, Credits, Credits>,
        IComparisonOperators<Credits, Credits, bool>
{
    /// <summary>Units in one credit.</summary>
    public const long UnitsPerCredit = 3_600_000;

    /// <summary>The largest single amount: 100 billion credits. It leaves a cumulative counter room for 25 such amounts.</summary>
    public const long MaxUnits = 100_000_000_000L * UnitsPerCredit;

    private Credits(long units) => Units = units;

    /// <summary>In 1/3,600,000 credit; 0 or more.</summary>
    public long Units { get; }

    /// <summary>Nothing.</summary>
    public static Credits Zero => default;

    /// <summary>Whether it is nothing.</summary>
    public bool IsZero => Units == 0;

    /// <summary>The exact amount in credits; 3,600,000 divides by 9, so it may need more decimals than can be written.</summary>
    public decimal Value => Units / (decimal)UnitsPerCredit;

    /// <exception cref="ArgumentOutOfRangeException">The amount is negative.</exception>
    public static Credits FromUnits(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        return new Credits(units);
    }

    /// <summary>Reads credits from the wire: at most three decimals. False when negative, finer or above <see cref="MaxUnits"/>.</summary>
    public static bool TryFromCredits(decimal credits, out Credits amount)
    {
        amount = default;
        if (credits < 0 || credits > MaxUnits / (decimal)UnitsPerCredit)
            return false;
        if (credits * 1_000 != decimal.Truncate(credits * 1_000))
            return false;
        amount = new Credits((long)(credits * 1_000) * (UnitsPerCredit / 1_000));
        return true;
    }

    /// <summary>The sum.</summary>
    /// <exception cref="OverflowException">It does not fit into 64 bits.</exception>
    public static Credits operator +(Credits left, Credits right) => new(checked(left.Units + right.Units));

    /// <exception cref="OverflowException">The difference would be negative.</exception>
    public static Credits operator -(Credits left, Credits right) =>
        left.Units >= right.Units ? new Credits(left.Units - right.Units) : throw new OverflowException($"{left} - {right} is negative.");

    static Credits IAdditionOperators<Credits, Credits, Credits>.operator checked +(Credits left, Credits right) => left + right;

    static Credits ISubtractionOperators<Credits, Credits, Credits>.operator checked -(Credits left, Credits right) => left - right;

    /// <summary>Whether the left is less.</summary>
    public static bool operator <(Credits left, Credits right) => left.Units < right.Units;

    /// <summary>Whether the left is at most the right.</summary>
    public static bool operator <=(Credits left, Credits right) => left.Units <= right.Units;

    /// <summary>Whether the left is more.</summary>
    public static bool operator >(Credits left, Credits right) => left.Units > right.Units;

    /// <summary>Whether the left is at least the right.</summary>
    public static bool operator >=(Credits left, Credits right) => left.Units >= right.Units;

    /// <inheritdoc/>
    public int CompareTo(Credits other) => Units.CompareTo(other.Units);

    /// <summary>For people, with the unit.</summary>
    public override string ToString() => Value.ToString("0.######", CultureInfo.InvariantCulture) + " credits";
}

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
