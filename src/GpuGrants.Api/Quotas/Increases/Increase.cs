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
    /// <summary>Raises the limit by an override that replaces it, and ends the one that stood before.</summary>
    public static Refusal? Raise(BatchState batch, TreeChanges tree, QuotaIncrease row, long granted, Actor actor, Guid? replaces)
    {
        var unit = Words.Parse<QuotaUnit>(row.Unit);
        var draft = new OverrideDraft(
            row.PolicyId,
            row.RuleId,
            SubjectId.Parse(row.SubjectId),
            OverrideEffect.Replace,
            EvaluationView.Amount(granted, unit),
            null,
            null,
            row.Reason
        );
        if (OverrideBook.Check(batch, tree, draft, actor, null, out var made, replaces) is { } unfit)
            return unfit;
        if (replaces is { } old)
            OverrideBook.End(batch, tree, Overrides(batch, tree, row).First(one => one.Id == old), actor);
        OverrideBook.Add(batch, tree, made, actor);
        row.Status = IncreaseStatus.Approved;
        row.Granted = granted;
        row.OverrideId = made.Id;
        return null;
    }

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
        row.UpdatedAt = tree.At;
        batch.Rows<QuotaIncreaseDecision>().Insert(decision);
        batch.Happened(
            TreeId.Of(tree.RootProgrammeId),
            actor,
            QuotaEvents.Increase(row.Status),
            new IncreaseData(row.Id, row.PolicyId, row.RuleId, row.OrganizationId, row.Status, row.OverrideId)
        );
        return decision;
    }
}
