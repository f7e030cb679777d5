using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Policies;

/// <summary>
/// How many people have to agree to a new version of a policy. Where a rule asks for several approvals, one person must not be able to
/// loosen the policy alone.
/// </summary>
public static class TighterRules
{
    /// <summary>Compares the version in force with the one that is to follow.</summary>
    /// <param name="older">In force.</param>
    /// <param name="newer">To follow; null when the policy is to be retired.</param>
    /// <returns>The most approvals that a rule in force asks for, unless the newer version is at least as tight rule by rule; then
    /// 1.</returns>
    public static int ApprovalsNeeded(PolicyDocument older, PolicyDocument? newer)
    {
        var most = MostApprovals(older);
        return most > 1 && older.Rules.Any(rule => newer is null || !IsKept(rule, older, newer)) ? most : 1;
    }

    /// <summary>The most approvals that a rule of the document asks for.</summary>
    /// <returns>1 when none asks for more.</returns>
    public static int MostApprovals(PolicyDocument document) =>
        document.Rules.Select(rule => NeedOf(rule, document.OutcomeOf(rule))).DefaultIfEmpty(1).Max();

    /// <summary>The approvals that a rule asks for.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="outcome">Its outcome in force: a shadow policy's rules ask for nothing.</param>
    /// <returns>1 for rules that people do not answer.</returns>
    public static int NeedOf(QuotaRule rule, BreachOutcome outcome) => outcome == BreachOutcome.Review ? rule.Approvals.Count : 1;

    private static bool IsKept(QuotaRule rule, PolicyDocument older, PolicyDocument newer) =>
        newer.Rules.FirstOrDefault(one => one.Id == rule.Id) is { } next
        && Counted(rule, older) == Counted(next, newer)
        && IsLimitKept(rule, next)
        // Declared from the strictest to the mildest.
        && newer.OutcomeOf(next) <= older.OutcomeOf(rule)
        && (newer.OutcomeOf(next) == BreachOutcome.Deny || AreApprovalsKept(rule.Approvals, next.Approvals))
        && (next.IncreaseCeiling is not { } ceiling || ceiling <= rule.IncreaseCeiling);

    /// <summary>What is counted, for whom and over which time.</summary>
    private static string Counted(QuotaRule rule, PolicyDocument document) =>
        new RuleSignature(rule, null, document.TimeZone ?? "UTC").Canonical;

    private static bool IsLimitKept(QuotaRule rule, QuotaRule next) =>
        rule.Sharing is null && next.Sharing is null ? next.Limit <= rule.Limit && Same("window", rule, next) : Same("sharing", rule, next);

    /// <summary>Also what a window carries over, which raises its limit.</summary>
    private static bool Same(string member, QuotaRule rule, QuotaRule next) =>
        JsonNode.DeepEquals(PolicyWriter.ToNode(rule)[member], PolicyWriter.ToNode(next)[member]);

    private static bool AreApprovalsKept(ApprovalNeed before, ApprovalNeed after) =>
        after.Count >= before.Count && (before.By.Count == 0 || (after.By.Count > 0 && after.By.All(before.By.Contains)));
}
