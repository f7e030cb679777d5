using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.Access.Proposals;

/// <summary>A change that is to be proposed.</summary>
/// <param name="Kind">One of <see cref="ChangeKinds"/>.</param>
/// <param name="ProgrammeId">Whose people decide; null for the platform.</param>
/// <param name="PolicyId">The policy; null for a role.</param>
/// <param name="Change">What is to be done, JSON.</param>
/// <param name="Reason">Why.</param>
/// <param name="Approvals">People who have to agree, at least 2.</param>
public sealed record ChangeDraft(string Kind, Guid? ProgrammeId, Guid? PolicyId, string Change, string Reason, int Approvals)
{
    /// <summary>Which roles may approve; empty for all who may propose it.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>What proposing and deciding changes share.</summary>
public static class ChangeBook
{
    /// <summary>As long as credits are held for a second person.</summary>
    private static readonly TimeSpan Lapse = TimeSpan.FromHours(168);

    /// <summary>Records a change for others to agree to. Who proposes it has agreed, and counts when they proved who they are.</summary>
    public static ChangeProposal Propose(BatchState batch, TreeId tree, Actor actor, Decider decider, ChangeDraft draft)
    {
        var at = batch.Tree(tree).At;
        var row = new ChangeProposal
        {
            RootProgrammeId = tree.Value,
            Id = Guid.CreateVersion7(at),
            Kind = draft.Kind,
            Status = ChangeStatus.Proposed,
            ProgrammeId = draft.ProgrammeId,
            PolicyId = draft.PolicyId,
            Change = draft.Change,
            Reason = draft.Reason,
            ApprovalsNeeded = decider.IsProved(batch) ? draft.Approvals : draft.Approvals + 1,
            ApprovedBy = [actor.PrincipalId],
            ApproverRoles = [.. draft.Roles],
            ProposedBy = actor.PrincipalId,
            ClientId = actor.ClientId,
            ExpiresAt = at + Lapse,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<ChangeProposal>().Insert(row);
        RecordEvent(batch, actor, row, AccessEvents.ChangeProposed);
        return row;
    }

    /// <summary>Why the actor may not decide it now; null when they may.</summary>
    public static Refusal? Refuse(
        BatchState batch,
        ChangeProposal row,
        Actor actor,
        Decider decider,
        DateTimeOffset at,
        ExpectedVersions? expected
    )
    {
        if (decider.IsAmong(batch, row.ProposedBy) || row.ClientId == actor.ClientId)
            return new Refusal(RefusalKind.Forbidden, "own-proposal", "Nobody decides their own proposal. Somebody else has to decide it.");
        if (expected is not null && !expected.Has(row.Version))
            return Refusal.Stale(row.Version);
        var status = row.StatusAt(at);
        if (status != ChangeStatus.Proposed)
            return Refusal.Conflict("proposal-not-open", $"The proposal is {status}. Only an open proposal can be decided.", "status");
        return decider.IsAmong(batch, row.ApprovedBy)
            ? Refusal.Conflict("approved-before", "You approved it before. Somebody else has to approve it.")
            : null;
    }

    /// <summary>Records an approval; true when it is the last that was needed.</summary>
    public static bool Approve(BatchState batch, ChangeProposal row, Actor actor, string? comment)
    {
        row.ApprovedBy = [.. row.ApprovedBy, actor.PrincipalId];
        var isLast = row.ApprovedBy.Length >= row.ApprovalsNeeded;
        Update(batch, row, actor, isLast ? ChangeStatus.Approved : ChangeStatus.Proposed, comment);
        RecordEvent(batch, actor, row, isLast ? AccessEvents.ChangeApproved : AccessEvents.ChangeEndorsed);
        return isLast;
    }

    public static void Reject(BatchState batch, ChangeProposal row, Actor actor, string comment)
    {
        Update(batch, row, actor, ChangeStatus.Rejected, comment);
        RecordEvent(batch, actor, row, AccessEvents.ChangeRejected);
    }

    private static void Update(BatchState batch, ChangeProposal row, Actor actor, string status, string? comment)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        row.Status = status;
        if (status != ChangeStatus.Proposed)
            (row.DecidedBy, row.DecidedAt, row.Comment) = (actor.PrincipalId, at, comment);
        batch.Change(row, at);
    }

    private static void RecordEvent(BatchState batch, Actor actor, ChangeProposal row, Events.EventType<ChangeProposalData> type) =>
        batch.RecordEvent(TreeId.Of(row.RootProgrammeId), actor, type, new ChangeProposalData(row.Id, row.Kind, row.ProgrammeId));
}
