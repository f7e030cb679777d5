using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Quotas.Proposals;

/// <summary>Another person approves a proposed change or rejects it. The last approval that is needed makes the change.</summary>
internal sealed class DecideChange : Command<ChangeDecided>
{
    public required Guid ProposalId { get; init; }

    public required IProposedChange Change { get; init; }

    public required bool Approves { get; init; }

    public string? Comment { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        batch.Rows<ChangeProposal>().Want(new RowKey(Tree.Value, ProposalId));
        Decider.Plan(batch);
        Change.Plan(batch, Actor);
    }

    public override Outcome<ChangeDecided> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (batch.Rows<ChangeProposal>().Find(new RowKey(Tree.Value, ProposalId)) is not { } row)
            return Refusal.NotFound;
        if (ChangeBook.Refuse(batch, row, Actor, Decider, at, ExpectedVersion) is { } refused)
            return refused;
        if (Decider.Refuse(batch, at, Change.Parties(batch)) is { } own)
            return own;
        if (Approves && Decider.RefuseUnproved(batch) is { } unproved)
            return unproved;
        if (!Approves)
            ChangeBook.Reject(batch, row, Actor, Comment!);
        else if (row.ApprovedBy.Length + 1 < row.ApprovalsNeeded)
            ChangeBook.Approve(batch, row, Actor, Comment);
        else
            return Make(batch, row, at);
        Decider.Decided(batch, Tree, row.Id);
        return new ChangeDecided(row, at, null);
    }

    private Outcome<ChangeDecided> Make(BatchState batch, ChangeProposal row, DateTimeOffset at)
    {
        if (!Change.Apply(batch, Actor).TryGet(out var made, out var unfit))
            return unfit;
        row.ResultId = made.Id;
        ChangeBook.Approve(batch, row, Actor, Comment);
        Decider.Decided(batch, Tree, row.Id);
        return new ChangeDecided(row, at, made.Member);
    }
}

/// <summary>A proposal after a verdict on it.</summary>
/// <param name="Proposal">As it stands.</param>
/// <param name="At">The moment of the verdict.</param>
/// <param name="Member">Who has got a role by it; null for other changes.</param>
internal sealed record ChangeDecided(ChangeProposal Proposal, DateTimeOffset At, MemberView? Member);
