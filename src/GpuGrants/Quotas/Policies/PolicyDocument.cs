namespace GpuGrants.Quotas.Policies;

/// <summary>A policy version's content.</summary>
public sealed record PolicyDocument
{
    /// <summary>What the policy is for, in words.</summary>
    public string? Description { get; init; }

    /// <summary>For calendar windows that name none; when null, the programme's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>From 1 to 1,000 rules.</summary>
    public required IReadOnlyList<QuotaRule> Rules { get; init; }
}
