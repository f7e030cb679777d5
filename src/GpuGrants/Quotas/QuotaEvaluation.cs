namespace GpuGrants.Quotas;

/// <summary>What one rule said to a request. Amounts are in the measure's unit.</summary>
public readonly record struct QuotaEvaluation
{
    public required CompiledRule Rule { get; init; }

    public required SubjectId Subject { get; init; }

    /// <summary>With overrides and what earlier windows left; of a sharing, what the programme may use in all as things stand.</summary>
    public required long Limit { get; init; }

    public required long Used { get; init; }

    public required long Held { get; init; }

    /// <summary>The part of <see cref="Limit"/> that earlier windows left.</summary>
    public required long Carried { get; init; }

    public required long Requested { get; init; }

    /// <summary>What may still be asked for, never negative.</summary>
    public required long Remaining { get; init; }

    public required DateTimeOffset? WindowStart { get; init; }

    public required DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Whether the limit does not allow the request, enforced or not.</summary>
    public bool IsBreached => Requested > Remaining;

    /// <summary>Whether the same request may pass later by time or releases alone; false means never under this limit.</summary>
    public bool IsRetryable => Requested <= Limit
        && Rule.Rule.Window.Kind switch
        {
            WindowKind.PerRequest => false,
            WindowKind.Lifetime => Rule.Rule.Refund || Rule.Sharing is not null || Used + Requested <= Limit,
            _ => true,
        };

    public BreachOutcome Outcome => Rule.Rule.Outcome;

    /// <summary>What the rule alone leads to.</summary>
    public QuotaVerdict Verdict => !IsBreached ? QuotaVerdict.Approve : Outcome switch
    {
        BreachOutcome.Deny => QuotaVerdict.Deny,
        BreachOutcome.Review => QuotaVerdict.Review,
        _ => QuotaVerdict.Approve,
    };
}
