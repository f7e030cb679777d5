using System.Globalization;

namespace GpuGrants.Tool.Replay;

/// <summary>A finished replay.</summary>
public sealed record ReplayResult
{
    public required ReplaySettings Settings { get; init; }

    public required Trace Trace { get; init; }

    /// <summary>How the trace's time relates to the service's.</summary>
    public required string Time { get; init; }

    public required Tally Tally { get; init; }

    /// <summary>By GPU model.</summary>
    public required IReadOnlyDictionary<string, LedgerReading> Ledger { get; init; }

    public required IReadOnlyList<Check> Checks { get; init; }

    public required ReplaySummary Summary { get; init; }

    /// <summary>The most that was in flight at once.</summary>
    public required int PeakInFlight { get; init; }

    public required TimeSpan Took { get; init; }

    /// <summary>How the tasks were spread over organizations, which the trace does not name.</summary>
    public string Spread =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"the trace names no users, so a Zipf draw (exponent 1, seed {Settings.Seed}) assigns its tasks to "
                + $"{Settings.Organizations} organizations"
        );

    /// <summary>Nothing failed, and all sums agree to the GPU-second.</summary>
    public bool IsRight => Tally.FailureCount == 0 && Checks.All(check => check.Holds);
}
