using System.Globalization;
using GpuGrants.Units;

namespace GpuGrants.Quotas.Measures;

/// <summary>Amounts of a measure as people write them.</summary>
public static class AmountText
{
    /// <summary>Things that may be counted.</summary>
    public const long MaxCount = 1_000_000_000;

    /// <summary>The whole number that a decimal stands for. Never rounds.</summary>
    /// <returns>False when the unit has no such amount: <see cref="Rule"/> says which it has.</returns>
    public static bool TryParse(decimal number, QuotaUnit unit, out long amount)
    {
        amount = 0;
        switch (unit)
        {
            case QuotaUnit.GpuHours:
                if (!GpuTime.TryFromHours(number, out var time))
                    return false;
                amount = time.Seconds;
                return true;
            case QuotaUnit.Credits:
                if (!Credits.TryFromCredits(number, out var credits))
                    return false;
                amount = credits.Units;
                return true;
            default:
                if (number < 0 || number > MaxCount || number != decimal.Truncate(number))
                    return false;
                amount = (long)number;
                return true;
        }
    }

    /// <summary>The number alone, without its unit.</summary>
    public static string Write(long amount, QuotaUnit unit) =>
        unit switch
        {
            QuotaUnit.GpuHours => (amount / 3_600m).ToString("0.######", CultureInfo.InvariantCulture),
            QuotaUnit.Credits => (amount / (decimal)Credits.UnitsPerCredit).ToString("0.######", CultureInfo.InvariantCulture),
            _ => amount.ToString(CultureInfo.InvariantCulture),
        };

    /// <summary>What a valid amount looks like.</summary>
    public static string Rule(QuotaUnit unit) =>
        unit switch
        {
            QuotaUnit.GpuHours => "GPU-hours go from 0 to 100,000,000 in steps of 0.01.",
            QuotaUnit.Credits => "Credits go from 0 to 100,000,000,000 with at most three decimals.",
            _ => "Counts are whole numbers from 0 to 1,000,000,000.",
        };
}
