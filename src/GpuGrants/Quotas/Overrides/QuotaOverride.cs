namespace GpuGrants.Quotas.Overrides;

/// <summary>An exception from one rule's limit for one subject.</summary>
public sealed record QuotaOverride
{
    public required Guid Id { get; init; }

    public required Guid PolicyId { get; init; }

    public required string RuleId { get; init; }

    /// <summary>As <see cref="SubjectId.ToString"/> writes it.</summary>
    public required string SubjectId { get; init; }

    public required OverrideEffect Effect { get; init; }

    /// <summary>In the measure's unit; thousandths for <see cref="OverrideEffect.Multiply"/>.</summary>
    public required long Amount { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When somebody ended it before its time.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public required string Reason { get; init; }

    public required Guid AuthorId { get; init; }

    /// <summary>The earlier of expiry and end; null while it is permanent.</summary>
    public DateTimeOffset? Until => EndedAt is { } ended && (ExpiresAt is null || ended < ExpiresAt) ? ended : ExpiresAt;

    public bool IsInForce(DateTimeOffset at) => StartsAt <= at && (Until is not { } until || at < until);
}
