namespace GpuGrants.Api;

/// <summary>Amounts as the API writes them.</summary>
public static class Wire
{
    private const int Decimals = 6;

    /// <summary>GPU-seconds as GPU-hours: exact for whole steps of 0.01 h, else to six decimals.</summary>
    public static decimal Hours(long gpuSeconds) => Trim(gpuSeconds / 3_600m);

    /// <summary>Credit units as credits, to six decimals.</summary>
    public static decimal Credits(long units) => Trim(units / (decimal)GpuGrants.Units.Credits.UnitsPerCredit);

    /// <summary>Millicredits per GPU-hour as credits per GPU-hour.</summary>
    public static decimal Rate(long millicredits) => Trim(millicredits / 1_000m);

    private static decimal Trim(decimal value) => Math.Round(value, Decimals) / 1.0000000000000000000000000000m;
}
