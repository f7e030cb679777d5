namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>An override that somebody asks for, not yet checked against the policy.</summary>
/// <param name="Amount">In the rule's unit; a factor for <see cref="OverrideEffect.Multiply"/>.</param>
/// <param name="StartsAt">At once when null.</param>
/// <param name="ExpiresAt">Never when null.</param>
public sealed record OverrideDraft(
    Guid PolicyId,
    string RuleId,
    SubjectId Subject,
    OverrideEffect Effect,
    decimal Amount,
    DateTimeOffset? StartsAt,
    DateTimeOffset? ExpiresAt,
    string Reason
)
{
    public static OverrideDraft Of(OverrideBody body) =>
        new(
            body.PolicyId!.Value,
            body.RuleId!,
            SubjectId.Parse(body.Subject!),
            Words.Parse<OverrideEffect>(body.Effect!),
            body.Amount!.Value,
            body.StartsAt,
            body.ExpiresAt,
            body.Reason!
        );
}
