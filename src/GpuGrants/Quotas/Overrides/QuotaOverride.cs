namespace GpuGrants.Quotas.Overrides;

/// <summary>An exception from one rule's limit for one subject.</summary>
public sealed record QuotaOverride
{
    /// <summary>The override's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The policy whose rule it changes, in every version.</summary>
    public required Guid PolicyId { get; init; }

    /// <summary>The rule's id in its policy.</summary>
    public required string RuleId { get; init; }

    /// <summary>As <see cref="SubjectId.ToString"/> writes it.</summary>
    public required string SubjectId { get; init; }

    /// <summary>How it changes the limit.</summary>
    public required OverrideEffect Effect { get; init; }

    /// <summary>In the measure's unit; thousandths for <see cref="OverrideEffect.Multiply"/>.</summary>
    public required long Amount { get; init; }

    /// <summary>From when it holds.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Until when it holds; null for no end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When somebody ended it before its time.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it was made, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>Who made it.</summary>
    public required Guid AuthorId { get; init; }

    /// <summary>The earlier of expiry and end; null while it is permanent.</summary>
    public DateTimeOffset? Until => EndedAt is { } ended && (ExpiresAt is null || ended < ExpiresAt) ? ended : ExpiresAt;

    /// <summary>Whether it makes the limit lower than <paramref name="limit"/>, by whatever effect.</summary>
    public bool Lowers(long limit) =>
        Effect switch
        {
            OverrideEffect.Add => Amount < 0,
            OverrideEffect.Multiply => Amount < 1_000,
            _ => Amount < limit,
        };

    /// <summary>Whether it holds at the moment.</summary>
    public bool IsInForce(DateTimeOffset at) => StartsAt <= at && (Until is not { } until || at < until);
}
