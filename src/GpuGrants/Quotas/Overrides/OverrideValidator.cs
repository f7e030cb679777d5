namespace GpuGrants.Quotas.Overrides;

/// <summary>Finds what makes an override unfit to be made.</summary>
public static class OverrideValidator
{
    /// <summary>The greatest factor, in thousandths.</summary>
    public const long MaxFactor = 1_000_000;

    /// <summary>
    /// What is wrong with it under the policy it belongs to; empty when it may be made. <see cref="Overlap"/> compares it
    /// with others.
    /// </summary>
    public static IReadOnlyList<PolicyProblem> Validate(QuotaOverride added, PolicyDocument policy)
    {
        var problems = new List<PolicyProblem>();
        void Add(string field, string code, string message) =>
            problems.Add(new PolicyProblem(Excerpt.Of(added.RuleId), field, code, message));
        var rule = policy.Rules.FirstOrDefault(one => one.Id == added.RuleId);
        if (rule is null)
            Add(
                "ruleId",
                "unknown-rule",
                $"The policy has no rule '{Excerpt.Of(added.RuleId)}'. "
                    + $"Its rules: {string.Join(", ", policy.Rules.Take(20).Select(one => one.Id))}."
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

    /// <summary>Refuses an override that overlaps another of the same effect for the same rule and subject.</summary>
    public static PolicyProblem? Overlap(QuotaOverride added, IEnumerable<QuotaOverride> existing)
    {
        var other = existing.FirstOrDefault(one =>
            one.Id != added.Id
            && one.PolicyId == added.PolicyId
            && one.RuleId == added.RuleId
            && SubjectId.Parse(one.SubjectId) == SubjectId.Parse(added.SubjectId)
            && one.Effect == added.Effect
            && (one.Until is not { } end || added.StartsAt < end)
            && (added.Until is not { } until || one.StartsAt < until)
        );
        return other is null
            ? null
            : new PolicyProblem(
                added.RuleId,
                "startsAt",
                "overlapping-override",
                $"Override {other.Id} has the same effect for the same subject at the same time. End it first, or choose other dates."
            );
    }

    private static void CheckSubject(QuotaOverride added, QuotaRule rule, Action<string, string, string> add)
    {
        var isId = Guid.TryParseExact(added.SubjectId, "D", out var id);
        if (rule.Sharing is { } sharing)
        {
            if (!isId || !sharing.Nodes.Any(node => node.ProgrammeId == id))
                add("subjectId", "never-matches", "The rule shares one amount between programmes: name one of them by its id.");
            return;
        }

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
            var kinds = rule.Subject.Kinds.Count > 0 ? rule.Subject.Kinds : OrganizationKinds.All;
            if (!kinds.Contains(added.SubjectId))
                add("subjectId", "never-matches", $"The rule limits kinds of organizations: {string.Join(", ", kinds)}.");
            return;
        }

        if (!isId)
            add("subjectId", "never-matches", $"The rule limits each {Words.Of(level)}: name one by its id.");
        else if (rule.Subject.Ids.Count > 0 && !rule.Subject.Ids.Contains(id))
            add("subjectId", "never-matches", "The rule does not limit this subject.");
    }

    private static void CheckAmount(QuotaOverride added, Action<string, string, string> add)
    {
        if (added.Amount < 0 && added.Effect != OverrideEffect.Add)
            add("amount", "negative-limit", "Only a sum may be negative, to lower a limit.");
        var most = added.Effect == OverrideEffect.Multiply ? MaxFactor : QuotaUnits.MaxLimit;
        if (Int128.Abs(added.Amount) > most)
            add("amount", "overflowing-limit", "The amount is too large.");
    }
}
