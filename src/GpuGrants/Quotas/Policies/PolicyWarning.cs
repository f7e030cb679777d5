namespace GpuGrants.Quotas.Policies;

/// <summary>What an author should know of a rule that is valid.</summary>
/// <param name="RuleId">The rule.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Message">What follows from the rule, and what to do instead.</param>
public sealed record PolicyWarning(string RuleId, string Code, string Message)
{
    /// <summary>The warnings of a document that is to hold for the scope; the whole platform when it is null.</summary>
    /// <param name="document">What is published.</param>
    /// <param name="scopeProgrammeId">The programme that it holds for.</param>
    /// <param name="known">What exists of the names that it mentions.</param>
    /// <param name="others">Other documents in force for everything in the scope.</param>
    public static IReadOnlyList<PolicyWarning> Of(
        PolicyDocument document,
        Guid? scopeProgrammeId,
        KnownNames known,
        params IReadOnlyList<PolicyDocument> others
    ) =>
        [
            .. document
                .Rules.Where(rule => new RuleSignature(rule, scopeProgrammeId, document.TimeZone ?? "UTC").MeetsOnPlatform)
                .Select(rule => new PolicyWarning(
                    rule.Id,
                    "locks-platform",
                    $"Rule {rule.Id} counts many organizations together, so requests that it matches are decided one batch after another in all programmes. Narrow it by a filter, or count per organization or per partner."
                )),
            .. document
                .Rules.Where(rule => !document.Shadow && MultipliedLimits.MayMultiply(rule, Enforced(others.Prepend(document))))
                .Select(rule => new PolicyWarning(
                    rule.Id,
                    "limit-multiplies",
                    $"Rule {rule.Id} limits each {Words.Of(rule.Subject.Level)}, and one person may have several. Add a rule of level person that limits {rule.Measure} too."
                )),
            .. document.Rules.SelectMany(rule => DeadConditions.Of(rule, known)),
        ];

    private static IEnumerable<QuotaRule> Enforced(IEnumerable<PolicyDocument> documents) =>
        documents.Where(one => !one.Shadow).SelectMany(one => one.Rules);
}
