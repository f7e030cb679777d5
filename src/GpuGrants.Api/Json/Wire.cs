namespace GpuGrants.Api.Json;

/// <summary>Amounts as the API writes them.</summary>
public static class Wire
{
    private const int Decimals = 6;

    /// <summary>GPU-seconds as GPU-hours: exact for whole steps of 0.01 h, else to six decimals.</summary>
    public static decimal Hours(long gpuSeconds) => Of(gpuSeconds, 3_600);

    /// <summary>The same as text, for the value that a field would need.</summary>
    public static string HoursText(GpuGrants.Units.GpuTime time) =>
        Hours(time.Seconds).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>GPU-microseconds as GPU-seconds, exactly.</summary>
    public static decimal ExactSeconds(long gpuMicroseconds) => Of(gpuMicroseconds, 1_000_000);

    /// <summary>Credit units as credits, to six decimals.</summary>
    public static decimal Credits(long units) => Of(units, GpuGrants.Units.Credits.UnitsPerCredit);

    /// <summary>Millicredits per GPU-hour as credits per GPU-hour.</summary>
    public static decimal Rate(long millicredits) => Of(millicredits, 1_000);

    // Dividing decimals is slow, answers have dozens of amounts, and most amounts are whole.
    private static decimal Of(long amount, long unit)
    {
        var (whole, rest) = Math.DivRem(amount, unit);
        return rest == 0 ? whole : Trim(amount / (decimal)unit);
    }

    private static decimal Trim(decimal value) => Math.Round(value, Decimals) / 1.0000000000000000000000000000m;
}
