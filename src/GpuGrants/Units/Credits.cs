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
