namespace GpuGrants.Quotas.Overrides;

/// <summary>Finds what makes an override unfit to be made.</summary>
public static class OverrideValidator
{
    /// <summary>The greatest factor, in thousandths.</summary>
    public const long MaxFactor = 1_000_000;

    /// <summary>
    /// What is wrong with it under the policy it belongs to; empty when it may be made. <see cref="PolicyValidator.Overlap"/> compares it
    /// with others.
    /// </summary>
    public static IReadOnlyList<PolicyProblem> Validate(QuotaOverride added, PolicyDocument policy)
    {
        var problems = new List<PolicyProblem>();
        void Add(string field, string code, string message) => problems.Add(new PolicyProblem(added.RuleId, field, code, message));
        var rule = policy.Rules.FirstOrDefault(one => one.Id == added.RuleId);
        if (rule is null)
            Add(
                "ruleId",
                "unknown-rule",
                $"The policy has no rule '{added.RuleId}'. Its rules: {string.Join(", ", policy.Rules.Take(20).Select(one => one.Id))}."
            );
        else
            CheckSubject(added, rule, Add);
        CheckAmount(added, Add);
        if (added.ExpiresAt <= added.StartsAt)
            Add("expiresAt", "contradiction", "It would expire before it starts. Choose a later expiry, or none.");
        if (string.IsNullOrWhiteSpace(added.Reason))
            Add("reason", "missing", "Say why: an override without a reason cannot be audited.");
        return problems;
    }

    private static void CheckSubject(QuotaOverride added, QuotaRule rule, Action<string, string, string> add)
    {
        if (rule.Sharing is not null)
        {
            add(
                "ruleId",
                "shared-limit",
                "The rule shares one amount between programmes and has no limit to override. Publish a version with other amounts."
            );
            return;
        }

        var isId = Guid.TryParseExact(added.SubjectId, "D", out var id);
        var level = rule.Subject.Level;
        if (rule.Subject.Grouping == SubjectGrouping.Group || level == SubjectLevel.Platform)
        {
            if (!isId && added.SubjectId != "*")
                add(
                    "subjectId",
                    "never-matches",
                    "All subjects of the rule have one limit together: name the policy's programme by its id, or * for the platform."
                );
            return;
        }

        if (level == SubjectLevel.OrganizationKind)
        {
            var kinds = rule.Subject.Kinds.Count > 0 ? rule.Subject.Kinds : PolicyValidator.Kinds;
            if (!kinds.Contains(added.SubjectId))
                add("subjectId", "never-matches", $"The rule limits kinds of organizations: {string.Join(", ", kinds)}.");
            return;
        }

        if (!isId)
            add("subjectId", "never-matches", $"The rule limits each {level.ToString().ToLowerInvariant()}: name one by its id.");
        else if (rule.Subject.Ids.Count > 0 && !rule.Subject.Ids.Contains(id))
            add("subjectId", "never-matches", "The rule does not limit this subject.");
    }

    private static void CheckAmount(QuotaOverride added, Action<string, string, string> add)
    {
        if (added.Amount < 0 && added.Effect != OverrideEffect.Add)
            add("amount", "negative-limit", "Only a sum may be negative, to lower a limit.");
        var most = added.Effect == OverrideEffect.Multiply ? MaxFactor : LimitRules.MaxLimit;
        if (Int128.Abs(added.Amount) > most)
            add("amount", "overflowing-limit", "The amount is too large.");
    }
}
