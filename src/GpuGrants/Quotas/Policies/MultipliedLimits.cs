namespace GpuGrants.Quotas.Policies;

/// <summary>
/// Finds limits that one person gets several times: by another organization, project or member. A rule on people that counts at least the
/// same bounds what one person gets of them together.
/// </summary>
public static class MultipliedLimits
{
    /// <summary>Whether one person may get the limit several times.</summary>
    /// <param name="rule">The rule whose limit it is.</param>
    /// <param name="all">All rules in force together with it.</param>
    /// <returns>False also where a rule is no limit on a total: it only observes, or looks at each request alone.</returns>
    public static bool MayMultiply(QuotaRule rule, IEnumerable<QuotaRule> all) =>
        IsEnforcedTotal(rule)
        && rule.Subject
            is { Level: SubjectLevel.Organization or SubjectLevel.Project or SubjectLevel.Member, Grouping: SubjectGrouping.Each }
        && rule.Subject.Ids.Count == 0
        && !all.Any(other => BoundsPeople(other, rule));

    private static bool IsEnforcedTotal(QuotaRule rule) => rule.Outcome != BreachOutcome.Shadow && rule.Window.NeedsCounter;

    private static bool BoundsPeople(QuotaRule other, QuotaRule rule) =>
        IsEnforcedTotal(other)
        && other.Subject is { Level: SubjectLevel.Person, Ids.Count: 0 }
        && other.Measure == rule.Measure
        && (other.Filter.Conditions.Count == 0 || other.Filter.Canonical == rule.Filter.Canonical)
        && (
            other.Subject.Kinds.Count == 0
            || (rule.Subject.Kinds.Count > 0 && rule.Subject.Kinds.All(kind => other.Subject.Kinds.Contains(kind, StringComparer.Ordinal)))
        );
}
