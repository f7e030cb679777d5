namespace GpuGrants.Api.Usage;

/// <summary>What was used in truth, in place of what a usage record says.</summary>
public sealed record UsageCorrectionBody
{
    /// <summary>GPUs in use all the time between startedAt and endedAt, in steps of 0.001.</summary>
    public decimal? Gpus { get; init; }

    /// <summary>When the use began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the use ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why, in words for the grant's organization.</summary>
    public string? Reason { get; init; }
}

/// <summary>Why a usage record is voided.</summary>
public sealed record UsageVoidBody
{
    /// <summary>Why, in words for the grant's organization.</summary>
    public string? Reason { get; init; }
}
