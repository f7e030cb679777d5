using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Policies;

/// <summary>Finds what makes a policy unfit to be published.</summary>
public static class PolicyValidator
{
    internal static readonly string[] Kinds = ["startup", "individual", "student", "school", "university", "nonprofit", "enterprise"];

    /// <summary>What is wrong, with rule and field; empty when the policy may be published.</summary>
    /// <param name="document">The policy's content.</param>
    /// <param name="scopeTimeZone">The programme's time zone.</param>
    public static IReadOnlyList<PolicyProblem> Validate(PolicyDocument document, string scopeTimeZone)
    {
        var problems = new List<PolicyProblem>();
        var zone = document.TimeZone ?? scopeTimeZone;
        if (!CalendarWindows.Knows(zone))
            problems.Add(new PolicyProblem(null, "$.timeZone", "unknown-time-zone", UnknownZone(zone)));
        if (document.Rules.Count is 0 or > 1_000)
            problems.Add(new PolicyProblem(null, "$.rules", "rule-count", "A policy has 1 to 1,000 rules."));
        foreach (var (i, rule) in document.Rules.Index())
        {
            void Add(string field, string code, string message) =>
                problems.Add(new PolicyProblem(rule.Id, $"$.rules[{i}].{field}", code, message));
            if (rule.Id.Length is 0 or > 100)
                Add("id", "invalid-id", "A rule's id has 1 to 100 characters.");
            if (document.Rules.Take(i).Any(other => other.Id == rule.Id))
                Add("id", "duplicate-rule", "Another rule has the same id.");
            CheckLimit(rule, Add);
            CheckSubject(rule, Add);
            CheckFilter(rule.Filter, Add);
            CheckWindow(rule, Add);
            if (rule.Sharing is not null)
                SharingValidator.Check(rule.Sharing, Add);
        }

        if (problems.Count == 0)
            CheckContradictions(document, zone, problems);
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

    private static string UnknownZone(string zone) =>
        $"The time zone '{zone}' is unknown. Use a name of the IANA database, such as Asia/Seoul.";

    private static void CheckLimit(QuotaRule rule, Action<string, string, string> add)
    {
        if (rule.Limit is null == rule.Sharing is null)
            add("limit", "limit-or-sharing", "State either a limit or a sharing.");
        if (rule.Limit is < 0)
            add("limit", "negative-limit", "A limit cannot be negative.");
        if (rule.Limit > LimitRules.MaxLimit)
            add("limit", "overflowing-limit", "The limit is too large.");
        if (rule.IncreaseCeiling > LimitRules.MaxLimit)
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
                $"Nobody who reviews has the role '{role}'. Roles: {string.Join(", ", ApprovalNeed.Roles)}."
            );
        if (rule.Outcome != BreachOutcome.Review && rule.Approvals != ApprovalNeed.One)
            add("approvals", "contradiction", "Only a rule whose outcome is review asks for approvals.");
    }

    private static void CheckSubject(QuotaRule rule, Action<string, string, string> add)
    {
        foreach (var kind in rule.Subject.Kinds.Except(Kinds, StringComparer.Ordinal))
        {
            add("subject.kinds", "never-matches", $"No organization is of kind '{kind}'. Kinds: {string.Join(", ", Kinds)}.");
        }

        if (rule.Subject.Ids.Count > 0 && rule.Subject.Level is SubjectLevel.Platform or SubjectLevel.OrganizationKind)
        {
            add("subject.ids", "never-matches", "This level has no ids.");
        }

        if (rule.Sharing is null)
            return;
        if (rule.Subject.Level != SubjectLevel.Programme)
            add("subject.level", "contradiction", "Programmes share; the level must be programme.");
        if (rule.Subject.Ids.Count > 0)
            add("subject.ids", "contradiction", "The sharing itself names its programmes.");
        if (rule.Subject.Grouping == SubjectGrouping.Group)
            add("subject.grouping", "contradiction", "Each programme of a sharing is counted for itself.");
    }

    private static void CheckFilter(QuotaFilter filter, Action<string, string, string> add)
    {
        if (filter.MinOrganizationAgeDays is < 0)
            add("filter.minOrganizationAgeDays", "negative-limit", "An age cannot be negative.");
        if (filter.MinOrganizationAgeDays is > 36_500)
            add("filter.minOrganizationAgeDays", "never-matches", "No organization is older than 36,500 days.");
        if (filter.MaxOrganizationAgeDays is <= 0 or > 36_500)
            add("filter.maxOrganizationAgeDays", "never-matches", "State between 1 and 36,500 days.");
        if (filter.MinOrganizationAgeDays >= filter.MaxOrganizationAgeDays)
            add("filter.maxOrganizationAgeDays", "never-matches", "No organization is at least the minimum and younger than the maximum.");
        if (filter.MinGpuMemoryGib is < 1 or > 4_096)
            add("filter.minGpuMemoryGib", "never-matches", "GPU memory goes from 1 to 4,096 GiB.");
    }

    private static void CheckWindow(QuotaRule rule, Action<string, string, string> add)
    {
        var window = rule.Window;
        var timed = window.Kind is WindowKind.Rolling or WindowKind.FirstUse;
        if (!MeasureRules.Allows(rule.Measure, window.Kind))
            add("window.kind", "mixed-units", $"{rule.Measure} cannot be counted over a window of kind {window.Kind}.");
        if (window.Kind == WindowKind.Calendar != window.Unit is not null)
            add("window.unit", "contradiction", "Only a calendar window has a unit, and it needs one.");
        if (timed != window.Duration is not null)
            add("window.duration", "contradiction", "Only rolling and first-use windows have a duration, and they need one.");
        if (window.Duration is { } duration && (duration < TimeSpan.FromSeconds(1) || duration > TimeSpan.FromDays(3_660)))
            add("window.duration", "invalid-duration", "A duration lasts from one second to ten years.");
        if (window.Kind != WindowKind.Calendar && window.TimeZone is not null)
            add("window.timeZone", "contradiction", "Only a calendar window has a time zone.");
        if (window.Kind == WindowKind.PerRequest && rule.Sharing is not null)
            add("window.kind", "contradiction", "A sharing counts what was used before; the window of one request does not.");
        if (window.TimeZone is { } zone && !CalendarWindows.Knows(zone))
            add("window.timeZone", "unknown-time-zone", UnknownZone(zone));
        if (window.Resolution is { } resolution)
        {
            if (window.Kind != WindowKind.Rolling)
                add("window.resolution", "contradiction", "Only a rolling window has a resolution.");
            else if (
                resolution < TimeSpan.FromSeconds(1)
                || resolution > window.Duration
                || window.Duration > resolution * QuotaWindow.MaxBuckets
            )
            {
                add(
                    "window.resolution",
                    "invalid-duration",
                    $"A resolution lasts from a second, and at least 1/{QuotaWindow.MaxBuckets} of the duration, to the duration."
                );
            }
        }

        if (window.CarryOver is not { } carry)
            return;
        if (window.Kind != WindowKind.Calendar || rule.Sharing is not null)
            add("window.carryOver", "contradiction", "Only a calendar window with a limit carries over.");
        if (carry.Max > LimitRules.MaxLimit)
            add("window.carryOver.max", "overflowing-limit", "The maximum is too large.");
        if (carry.Min < 0 || carry.Max < carry.Min)
            add("window.carryOver", "contradiction", "State a minimum from 0 to the maximum.");
    }

    private static void CheckContradictions(PolicyDocument document, string zone, List<PolicyProblem> problems)
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
