using GpuGrants.Api.Quotas.Overrides;

namespace GpuGrants.Api.Reviews;

/// <summary>An approval, in full or in part.</summary>
public sealed record ApproveBody
{
    /// <summary>What is approved; all that was asked for when left out.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>For the applicant.</summary>
    public string? Comment { get; init; }

    /// <summary>An override of a quota rule's limit that comes with the approval.</summary>
    public OverrideBody? Override { get; init; }
}
