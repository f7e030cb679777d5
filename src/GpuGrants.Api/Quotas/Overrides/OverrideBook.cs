using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>
/// The overrides of a tree as each command sees them under the tree's lock: stored ones with the batch's changes, and new ones. Overlaps
/// are refused here, where nobody else can interfere.
/// </summary>
internal static class OverrideBook
{
    /// <summary>Wants the overrides of one rule and subject.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Guid policyId, string ruleId, SubjectId subject)
    {
        foreach (var one in Stored(tree, policyId, ruleId, subject))
            batch.Rows<QuotaOverrideRow>().Want(new RowKey(tree.RootProgrammeId, one.Id));
    }

    /// <summary>The overrides of one rule and subject, oldest first.</summary>
    public static IReadOnlyList<QuotaOverrideRow> Of(BatchState batch, TreeChanges tree, Guid policyId, string ruleId, SubjectId subject)
    {
        var rows = batch.Rows<QuotaOverrideRow>();
        var made = rows.Inserts.Where(row =>
            row.RootProgrammeId == tree.RootProgrammeId
            && row.PolicyId == policyId
            && row.RuleId == ruleId
            && row.SubjectId == subject.ToString()
        );
        return
        [
            .. Stored(tree, policyId, ruleId, subject)
                .Select(one => rows.Find(new RowKey(tree.RootProgrammeId, one.Id))!)
                .Concat(made)
                .OrderBy(row => row.Id),
        ];
    }

    /// <summary>The rule in the newest version that is or will be in force; null when the policy has none in this tree.</summary>
    public static CompiledRule? FindRule(TreeChanges tree, Guid policyId, string ruleId)
    {
        var published = Rules(tree, policyId).ToList();
        var newest = published.Count == 0 ? 0 : published.Max(rule => rule.Policy.Version);
        return published.Find(rule => rule.Policy.Version == newest && rule.Rule.Id == ruleId);
    }

    /// <summary>The rule in the version that is in force, else as <see cref="FindRule"/>.</summary>
    public static CompiledRule? FindPresentRule(TreeChanges tree, Guid policyId, string ruleId) =>
        Rules(tree, policyId).FirstOrDefault(rule => rule.Rule.Id == ruleId && rule.Policy.IsInForce(tree.At))
        ?? FindRule(tree, policyId, ruleId);

    /// <summary>Makes a row of the draft, or says why it is unfit; <see cref="Add"/> puts it into effect.</summary>
    /// <param name="tree">The policy's tree.</param>
    /// <param name="draft">What is asked for; its rule and subject were planned.</param>
    /// <param name="actor">Its author.</param>
    /// <param name="requestId">The request with whose approval it comes.</param>
    /// <param name="row">The row, when it is fit.</param>
    /// <param name="ends">Overrides that end when this one begins.</param>
    public static Refusal? Check(
        BatchState batch,
        TreeChanges tree,
        OverrideDraft draft,
        Actor actor,
        Guid? requestId,
        out QuotaOverrideRow row,
        IReadOnlyList<QuotaOverride>? ends = null
    )
    {
        row = ToRow(tree, draft, actor, requestId);
        if (!Rules(tree, draft.PolicyId).Any())
            return Refusal.Invalid("policyId", "No version of the policy is or will be in force here. Publish one first.");
        if (FindRule(tree, draft.PolicyId, draft.RuleId) is not { } rule)
            return Refusal.Invalid("ruleId", "The policy's newest version has no such rule.");
        if (CheckAmount(draft, rule.Rule, row) is { } unfit)
            return unfit;
        if (row.ExpiresAt is { } end && (end <= row.StartsAt || end <= tree.At))
            return Refusal.Invalid("expiresAt", "State an expiry after the start and in the future.");
        if (OverrideValidator.Validate(row.ToOverride(), rule.Policy.Document!) is [var first, ..])
            return Refusal.Invalid(first.Field == "subjectId" ? "subject" : first.Field, first.Message);
        var others = Of(batch, tree, row.PolicyId, row.RuleId, draft.Subject)
            .Where(one => ends?.Any(ended => ended.Id == one.Id) != true)
            .Select(row => row.ToOverride());
        return OverrideValidator.Overlap(row.ToOverride(), others) is { } overlap
            ? Refusal.Conflict(overlap.Code, overlap.Message, overlap.Field)
            : null;
    }

    /// <summary>Whether the override, once added, lets pass what its rule denies.</summary>
    public static bool Lifts(QuotaOverrideRow row, in QuotaEvaluation denial, DateTimeOffset at)
    {
        // What a programme's share becomes depends on all others.
        if (denial.Rule.Rule.Sharing is not null)
            return false;
        if (row.PolicyId != denial.Rule.Policy.PolicyId || row.RuleId != denial.Rule.Rule.Id || row.SubjectId != denial.Subject.ToString())
            return false;
        var limit = LimitRules.Apply(denial.Limit - denial.Carried, [row.ToOverride()], at);
        return denial.Requested <= limit + denial.Carried - denial.Used - denial.Held;
    }

    /// <summary>
    /// How many people have to agree to an override, where it raises the limit at any moment: as many as its rule asks for in any version
    /// that is or will be in force.
    /// </summary>
    /// <param name="tree">The policy's tree.</param>
    /// <param name="row">The override; checked, or one that is to end.</param>
    /// <param name="ends">Whether it is to end instead.</param>
    public static ApprovalNeed NeedOf(BatchState batch, TreeChanges tree, QuotaOverrideRow row, bool ends = false)
    {
        var asking = Asking(tree, row.PolicyId, row.RuleId).ToList();
        if (asking.Count == 0)
            return ApprovalNeed.One;
        var others = Of(batch, tree, row.PolicyId, row.RuleId, SubjectId.Parse(row.SubjectId))
            .Where(one => one.Id != row.Id)
            .Select(one => one.ToOverride())
            .ToList();
        List<QuotaOverride> all = [.. others, row.ToOverride()];
        var (before, after) = ends ? (all, others) : (others, all);
        return asking
            .Where(rule => LimitRules.Raises(rule.Rule.Limit ?? 0, before, after, tree.At))
            .Aggregate(ApprovalNeed.One, (need, rule) => need.And(rule.Rule.Approvals));
    }

    /// <summary>How many people have to agree to a higher limit: the most that any version in force or to come asks for.</summary>
    public static ApprovalNeed NeedOf(TreeChanges tree, Guid policyId, string ruleId) =>
        Asking(tree, policyId, ruleId).Aggregate(ApprovalNeed.One, (need, rule) => need.And(rule.Rule.Approvals));

    /// <summary>The rule in those versions in force or to come that ask several people.</summary>
    private static IEnumerable<CompiledRule> Asking(TreeChanges tree, Guid policyId, string ruleId) =>
        Rules(tree, policyId)
            .Where(rule => rule.Rule.Id == ruleId && !(rule.Policy.EffectiveUntil <= tree.At))
            .Where(rule => TighterRules.NeedOf(rule.Rule, rule.Outcome) > 1);

    /// <summary>Refuses whose approval does not count, because the rule asks for that of other roles.</summary>
    public static Refusal? RefuseRole(ApprovalNeed need, IReadOnlyList<string> roles) =>
        need.By.Count == 0 || roles.Contains(Roles.PlatformAdministrator) || need.By.Intersect(roles).Any()
            ? null
            : Refusal.Conflict("approver-role-missing", $"The rules ask for the approval of: {string.Join(", ", need.By)}.");

    public static void Add(BatchState batch, TreeChanges tree, QuotaOverrideRow row, Actor actor)
    {
        batch.Rows<QuotaOverrideRow>().Insert(row);
        Changed(batch, tree, actor, row, QuotaEvents.OverrideCreated);
    }

    /// <summary>Ends an override that was planned.</summary>
    public static void End(BatchState batch, TreeChanges tree, QuotaOverrideRow row, Actor actor)
    {
        row.EndedAt = tree.At;
        row.Version++;
        batch.Rows<QuotaOverrideRow>().Update(row);
        Changed(batch, tree, actor, row, QuotaEvents.OverrideEnded);
    }

    private static IEnumerable<QuotaOverride> Stored(TreeChanges tree, Guid policyId, string ruleId, SubjectId subject) =>
        tree.Config.Quotas.Overrides.Where(one =>
            one.PolicyId == policyId && one.RuleId == ruleId && SubjectId.Parse(one.SubjectId) == subject
        );

    /// <summary>The policy's rules, if it belongs to this very tree: those of the platform live in its own.</summary>
    private static IEnumerable<CompiledRule> Rules(TreeChanges tree, Guid policyId) =>
        tree.Config.Quotas.Compiled.Rules.Where(rule =>
            rule.Policy.PolicyId == policyId && (rule.Policy.ScopeProgrammeId is null) == tree.Id.IsPlatform
        );

    private static QuotaOverrideRow ToRow(TreeChanges tree, OverrideDraft draft, Actor actor, Guid? requestId) =>
        new()
        {
            RootProgrammeId = tree.RootProgrammeId,
            Id = Guid.CreateVersion7(tree.At),
            PolicyId = draft.PolicyId,
            RuleId = draft.RuleId,
            SubjectId = draft.Subject.ToString(),
            Effect = Words.Of(draft.Effect),
            // Never in the past: windows that are closed carry over by what was in force then.
            StartsAt = draft.StartsAt is { } start && start > tree.At ? start : tree.At,
            ExpiresAt = draft.ExpiresAt,
            Reason = draft.Reason,
            AuthorId = actor.PrincipalId,
            RequestId = requestId,
            Version = 1,
            CreatedAt = tree.At,
        };

    private static Refusal? CheckAmount(OverrideDraft draft, QuotaRule rule, QuotaOverrideRow row)
    {
        if (draft.Effect == OverrideEffect.Multiply)
        {
            if (draft.Amount is not (> 0 and <= 1_000) || draft.Amount * 1_000 != decimal.Truncate(draft.Amount * 1_000))
                return Refusal.Invalid("amount", "A factor is above 0 and at most 1,000, with at most three decimals.");
            row.Amount = (long)(draft.Amount * 1_000);
            row.Unit = QuotaOverrideRow.Factor;
            return null;
        }

        var unit = rule.Measure.Unit;
        if (!AmountText.TryParse(draft.Amount, unit, out var amount))
            return Refusal.Invalid("amount", AmountText.Rule(unit));
        row.Amount = amount;
        row.Unit = Words.Of(unit);
        return null;
    }

    private static void Changed(BatchState batch, TreeChanges tree, Actor actor, QuotaOverrideRow row, EventType<OverrideData> type)
    {
        batch.RecordEvent(TreeId.Of(row.RootProgrammeId), actor, type, new OverrideData(row.Id, row.PolicyId, row.RuleId, row.SubjectId));
        tree.MarkConfigChanged();
    }
}
