namespace GpuGrants.Benchmarks.Measuring;

/// <summary>What one round of ours measured.</summary>
/// <param name="PerSecond">Answers per second.</param>
/// <param name="P50Ms">Median latency.</param>
/// <param name="P99Ms">Latency that 1 in 100 exceeds.</param>
/// <param name="Figures">Whatever else, by name; medians are reported.</param>
internal sealed record Round(double PerSecond, double P50Ms, double P99Ms, IReadOnlyDictionary<string, double> Figures)
{
    /// <summary>How many seconds it took, where that is not how many were asked for.</summary>
    public double? Seconds { get; init; }

    public static IReadOnlyDictionary<string, double> None { get; } = new Dictionary<string, double>();
}
