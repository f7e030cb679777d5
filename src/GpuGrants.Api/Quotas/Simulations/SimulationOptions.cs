using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>Trying policies on past requests. Configuration section <c>Simulations</c>.</summary>
public sealed class SimulationOptions
{
    /// <summary>Simulations that this replica runs at one time; 0 leaves them to others.</summary>
    [Range(0, 8)]
    public int Workers { get; set; } = 1;

    /// <summary>Simulations of one policy that may wait or run at one time.</summary>
    [Range(1, 100)]
    public int MaxOpenPerPolicy { get; set; } = 5;

    /// <summary>Days for which an ended simulation and its result are kept.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    /// <summary>Flipped requests that a result lists; all are counted.</summary>
    [Range(0, 5_000)]
    public int MaxFlips { get; set; } = 1_000;

    /// <summary>Seconds without a word from its worker after which a running simulation counts as failed.</summary>
    [Range(10, 3_600)]
    public int StaleSeconds { get; set; } = 120;
}
