namespace GpuGrants.Quotas.Policies;

/// <summary>A policy version's content.</summary>
public sealed record PolicyDocument
{
    /// <summary>What the policy is for, in words.</summary>
    public string? Description { get; init; }

    /// <summary>For calendar windows that name none; when null, the programme's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Whether all its rules are only counted and reported, whatever their outcomes are.</summary>
    public bool Shadow { get; init; }

    /// <summary>What a breach of one of its rules leads to.</summary>
    public BreachOutcome OutcomeOf(QuotaRule rule) => Shadow ? BreachOutcome.Shadow : rule.Outcome;

    /// <summary>From 1 to 1,000 rules.</summary>
    public required IReadOnlyList<QuotaRule> Rules { get; init; }
}
