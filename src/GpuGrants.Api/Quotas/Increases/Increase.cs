using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>
/// What verdicts on a request for a higher limit share: the override that puts one into effect, the decision's row, and the event.
/// </summary>
internal static class Increase
{
    /// <summary>
    /// Raises the limit by overrides that replace it, and ends those that stood before. What somebody decided for a later period stays: the
    /// increase holds before and after it.
    /// </summary>
    public static Refusal? Raise(
        BatchState batch,
        TreeChanges tree,
        QuotaIncrease row,
        long granted,
        Actor actor,
        IReadOnlyList<QuotaOverride> ends
    )
    {
        var others = Overrides(batch, tree, row).Where(one => !ends.Any(ended => ended.Id == one.Id)).Select(one => one.ToOverride());
        var made = new List<QuotaOverrideRow>();
        foreach (var (from, until) in IncreaseRules.Periods(others, tree.At))
        {
            if (OverrideBook.Check(batch, tree, Draft(row, granted, from, until), actor, null, out var one, ends) is { } unfit)
                return unfit;
            made.Add(one);
        }

        foreach (var old in Overrides(batch, tree, row).Where(one => ends.Any(ended => ended.Id == one.Id)))
            OverrideBook.End(batch, tree, old, actor);
        foreach (var one in made)
            OverrideBook.Add(batch, tree, one, actor);
        row.Status = IncreaseStatus.Approved;
        row.Granted = granted;
        row.OverrideId = made[0].Id;
        return null;
    }

    private static OverrideDraft Draft(QuotaIncrease row, long granted, DateTimeOffset from, DateTimeOffset? until) =>
        new(
            row.PolicyId,
            row.RuleId,
            SubjectId.Parse(row.SubjectId),
            OverrideEffect.Replace,
            EvaluationView.Amount(granted, Words.Parse<QuotaUnit>(row.Unit)),
            from,
            until,
            row.Reason
        );

    public static IReadOnlyList<QuotaOverrideRow> Overrides(BatchState batch, TreeChanges tree, QuotaIncrease row) =>
        OverrideBook.Of(batch, tree, row.PolicyId, row.RuleId, SubjectId.Parse(row.SubjectId));

    /// <summary>Records the verdict that has led to the row's status.</summary>
    public static QuotaIncreaseDecision Decided(
        BatchState batch,
        TreeChanges tree,
        QuotaIncrease row,
        string decidedBy,
        string code,
        string message,
        string? korean,
        Actor actor
    )
    {
        var decision = new QuotaIncreaseDecision
        {
            RootProgrammeId = tree.RootProgrammeId,
            Id = Guid.CreateVersion7(tree.At),
            IncreaseId = row.Id,
            Verdict = row.Status == IncreaseStatus.InReview ? "review" : row.Status,
            DecidedBy = decidedBy,
            Granted = row.Granted,
            Code = code,
            Message = message,
            KoreanMessage = korean,
            ActorId = actor.PrincipalId,
            ClientId = actor.ClientId,
            OnBehalfOf = actor.OnBehalfOf,
            CreatedAt = tree.At,
        };
        row.DecisionId = decision.Id;
        batch.Rows<QuotaIncreaseDecision>().Insert(decision);
        batch.RecordEvent(
            TreeId.Of(tree.RootProgrammeId),
            actor,
            QuotaEvents.Increase(row.Status),
            new IncreaseData(row.Id, row.PolicyId, row.RuleId, row.OrganizationId, row.Status, row.OverrideId)
        );
        return decision;
    }
}
