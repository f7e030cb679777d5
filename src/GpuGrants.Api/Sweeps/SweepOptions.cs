using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Sweeps;

/// <summary>Background work. Configuration section <c>Sweeps</c>.</summary>
public sealed class SweepOptions
{
    /// <summary>Seconds between two sweeps; 0 on a replica that leaves sweeping to others.</summary>
    [Range(0, 3_600)]
    public int PeriodSeconds { get; set; } = 5;

    /// <summary>The most reviews, grants and holds that one sweep ends, of each kind.</summary>
    [Range(1, 10_000)]
    public int MaxPerLook { get; set; } = 500;

    /// <summary>The most slices of grants that one sweep suspends or resumes for one freeze.</summary>
    [Range(1, 10_000)]
    public int FreezeSlices { get; set; } = 20;

    /// <summary>Hours that answers are kept for their idempotency keys.</summary>
    [Range(24, 8_760)]
    public int IdempotencyHours { get; set; } = 48;

    /// <summary>Months of ledger partitions that are made ahead.</summary>
    [Range(1, 24)]
    public int PartitionMonths { get; set; } = 4;
}
