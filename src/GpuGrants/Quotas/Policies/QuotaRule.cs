namespace GpuGrants.Quotas.Policies;

/// <summary>One limit of a policy.</summary>
public sealed record QuotaRule
{
    /// <summary>Unique in its policy and stable over its versions.</summary>
    public required string Id { get; init; }

    /// <summary>What the rule is for, as applicants read it.</summary>
    public string? Title { get; init; }

    /// <summary>What is counted.</summary>
    public required QuotaMeasure Measure { get; init; }

    /// <summary>Who is limited.</summary>
    public required QuotaSubject Subject { get; init; }

    /// <summary>Which of what the subjects do is counted.</summary>
    public QuotaFilter Filter { get; init; } = QuotaFilter.Everything;

    /// <summary>Over which time.</summary>
    public required QuotaWindow Window { get; init; }

    /// <summary>The most that may be used and held, in the measure's unit; null when <see cref="Sharing"/> says it.</summary>
    public long? Limit { get; init; }

    /// <summary>How programmes share one amount; null when there is a limit.</summary>
    public QuotaSharing? Sharing { get; init; }

    /// <summary>What happens to a request that the limit does not allow.</summary>
    public required BreachOutcome Outcome { get; init; }

    /// <summary>Whether unused amounts come back to the window they were awarded in.</summary>
    public bool Refund { get; init; }

    /// <summary>Of a rule whose outcome is review.</summary>
    public ApprovalNeed Approvals { get; init; } = ApprovalNeed.One;

    /// <summary>Up to which limit an asked increase is approved without a person; null when a person always decides.</summary>
    public long? IncreaseCeiling { get; init; }
}
