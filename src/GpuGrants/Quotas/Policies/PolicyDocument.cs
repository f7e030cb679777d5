namespace GpuGrants.Quotas.Policies;

/// <summary>A policy version's content.</summary>
public sealed record PolicyDocument
{
    public string? Description { get; init; }

    /// <summary>For calendar windows that name none; when null, the programme's.</summary>
    public string? TimeZone { get; init; }

    public required IReadOnlyList<QuotaRule> Rules { get; init; }
}
