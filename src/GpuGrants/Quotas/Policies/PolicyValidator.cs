using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Policies;

/// <summary>Finds what makes a policy unfit to be published.</summary>
public static class PolicyValidator
{
    /// <summary>What is wrong, with rule and field; empty when the policy may be published.</summary>
    /// <param name="document">The policy's content.</param>
    /// <param name="scopeTimeZone">The programme's time zone.</param>
    public static IReadOnlyList<PolicyProblem> Validate(PolicyDocument document, string scopeTimeZone)
    {
        var problems = new FoundProblems();
        var zone = document.TimeZone ?? scopeTimeZone;
        if (!Cycle.Knows(zone))
            problems.Add(new PolicyProblem(null, "$.timeZone", "unknown-time-zone", Cycle.UnknownZone(Excerpt.Of(zone))));
        if (document.Rules.Count is 0 or > 1_000)
            problems.Add(new PolicyProblem(null, "$.rules", "rule-count", "A policy has 1 to 1,000 rules."));
        foreach (var (i, rule) in document.Rules.Index())
        {
            void Add(string field, string code, string message) =>
                problems.Add(new PolicyProblem(PolicyProblem.NameOf(rule.Id, i), $"$.rules[{i}].{field}", code, message));
            if (rule.Id.Length is 0 or > PolicyProblem.MaxRule)
                Add("id", "invalid-id", "A rule's id has 1 to 100 characters.");
            if (document.Rules.Take(i).Any(other => other.Id == rule.Id))
                Add("id", "duplicate-rule", "Another rule has the same id.");
            CheckLimit(rule, Add);
            CheckSubject(rule, Add);
            rule.Filter.Check(Add);
            CheckWindow(rule, Add);
            if (rule.Sharing is not null)
                SharingValidator.Check(rule.Sharing, Add);
        }

        if (problems.All.Count == 0)
            CheckContradictions(document, zone, problems);
        return problems.All;
    }

    private static void CheckLimit(QuotaRule rule, Action<string, string, string> add)
    {
        if (rule.Limit is null == rule.Sharing is null)
            add("limit", "limit-or-sharing", "State either a limit or a sharing.");
        if (rule.Limit is < 0)
            add("limit", "negative-limit", "A limit cannot be negative.");
        if (rule.Limit > QuotaUnits.MaxLimit)
            add("limit", "overflowing-limit", "The limit is too large.");
        if (rule.IncreaseCeiling > QuotaUnits.MaxLimit)
            add("increaseCeiling", "overflowing-limit", "The ceiling is too large.");
        if (rule.IncreaseCeiling is not null && rule.Sharing is not null)
            add(
                "increaseCeiling",
                "contradiction",
                "A sharing has no limit of one subject to increase. Publish a version with other amounts."
            );
        if (rule.IncreaseCeiling < rule.Limit)
            add("increaseCeiling", "contradiction", "The ceiling of increases is below the limit itself.");
        if (rule.Approvals.Count is < 1 or > 10)
            add("approvals.count", "invalid-approvals", "Between 1 and 10 people must agree.");
        foreach (var role in rule.Approvals.By.Except(ApprovalNeed.Roles, StringComparer.Ordinal))
            add(
                "approvals.by",
                "never-matches",
                $"Nobody who reviews has the role '{Excerpt.Of(role)}'. Roles: {string.Join(", ", ApprovalNeed.Roles)}."
            );
        if (rule.Outcome != BreachOutcome.Review && rule.Approvals != ApprovalNeed.One)
            add("approvals", "contradiction", "Only a rule whose outcome is review asks for approvals.");
    }

    private static void CheckSubject(QuotaRule rule, Action<string, string, string> add)
    {
        foreach (var kind in rule.Subject.Kinds.Except(OrganizationKinds.All, StringComparer.Ordinal))
        {
            add(
                "subject.kinds",
                "never-matches",
                $"No organization is of kind '{Excerpt.Of(kind)}'. Kinds: {string.Join(", ", OrganizationKinds.All)}."
            );
        }

        if (rule.Subject.Ids.Count > 0 && rule.Subject.Level is SubjectLevel.Platform or SubjectLevel.OrganizationKind)
        {
            add("subject.ids", "never-matches", "This level has no ids.");
        }

        if (rule.Subject.Counts != PersonCount.Both && rule.Subject.Level != SubjectLevel.Person)
            add("subject.counts", "contradiction", "Only a rule of the level person says which people it counts.");
        if (rule.Sharing is null)
            return;
        if (rule.Subject.Level != SubjectLevel.Programme)
            add("subject.level", "contradiction", "Programmes share; the level must be programme.");
        if (rule.Subject.Ids.Count > 0)
            add("subject.ids", "contradiction", "The sharing itself names its programmes.");
        if (rule.Subject.Grouping == SubjectGrouping.Group)
            add("subject.grouping", "contradiction", "Each programme of a sharing is counted for itself.");
    }

    private static void CheckWindow(QuotaRule rule, Action<string, string, string> add)
    {
        var window = rule.Window;
        if (!window.Fits(rule.Measure))
            add("window.kind", "mixed-units", $"{rule.Measure} cannot be counted over a window of kind {window.Kind}.");
        window.Check(add);
        if (rule.Sharing is null)
            return;
        if (!window.NeedsCounter)
            add("window.kind", "contradiction", "A sharing counts what was used before; the window of one request does not.");
        if (window.Carries is not null)
            add("window.carryOver", "contradiction", "Only a window with a limit carries over.");
    }

    private static void CheckContradictions(PolicyDocument document, string zone, FoundProblems problems)
    {
        var rules = document.Rules.Select((rule, i) => (Rule: rule, Index: i, Id: new RuleSignature(rule, null, zone).Id)).ToList();
        foreach (var group in rules.Where(one => one.Rule.Limit is not null).GroupBy(one => one.Id))
        {
            foreach (var one in group)
            {
                var twin = group.FirstOrDefault(other => other.Index < one.Index && other.Rule.Outcome == one.Rule.Outcome);
                if (twin.Rule is not null)
                    problems.Add(
                        new PolicyProblem(
                            one.Rule.Id,
                            $"$.rules[{one.Index}].limit",
                            "contradiction",
                            $"Rule '{twin.Rule.Id}' limits the same with the same outcome."
                        )
                    );
                var deny = group.FirstOrDefault(other =>
                    other.Rule.Outcome == BreachOutcome.Deny
                    && one.Rule.Outcome == BreachOutcome.Review
                    && other.Rule.Limit <= one.Rule.Limit
                );
                if (deny.Rule is not null)
                    problems.Add(
                        new PolicyProblem(
                            one.Rule.Id,
                            $"$.rules[{one.Index}].limit",
                            "never-matches",
                            $"Rule '{deny.Rule.Id}' denies everything that this rule would have reviewed."
                        )
                    );
            }
        }
    }
}
