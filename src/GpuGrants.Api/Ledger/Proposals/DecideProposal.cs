using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>A second person approves a proposal, which posts it, or rejects it, which returns what was held.</summary>
public sealed class DecideProposal : Command<TransferProposal>
{
    public required Guid ProposalId { get; init; }

    public required bool Approves { get; init; }

    public string? Comment { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>The second person.</summary>
    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        batch.WantHold(Tree, ProposalId);
        if (!batch.Rows<TransferProposal>().TryRead(new RowKey(Tree.Value, ProposalId), out var row) || row is null)
            return;
        ProposalSteps.PlanAccounts(batch, batch.Tree(Tree), row.DebitAccountId, row.CreditAccountId);
        if (row.CorrectsId is { } corrected)
            batch.WantTransfer(Tree, corrected);
    }

    public override Outcome<TransferProposal> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<TransferProposal>().Find(new RowKey(Tree.Value, ProposalId)) is not { } row)
            return Refusal.NotFound;
        if (Decider.IsAmong(batch, row.ProposedBy) || row.ClientId == Actor.ClientId)
            return new Refusal(
                RefusalKind.Forbidden,
                "own-proposal",
                "Nobody decides their own proposal. Another administrator has to decide it, through another client."
            );
        if (ExpectedVersion.Refuse(row.Version) is { } stale)
            return stale;
        if (row.Status != ProposalStatus.AwaitingApproval)
            return Refusal.Conflict(
                "proposal-not-open",
                $"The proposal is {row.Status}. Only a proposal that awaits approval can be decided.",
                "status"
            );
        if (Decider.Refuse(batch, tree.At, TransferParties.Of(tree, row.DebitAccountId, row.CreditAccountId)) is { } own)
            return own;
        if (Approves && Decider.RefuseUnproved(batch) is { } unproved)
            return unproved;
        if (Approves && tree.At >= row.ExpiresAt)
            return Refusal.Conflict(
                "hold-expired",
                "Nobody approved it in time, so the credits are no longer held. Propose it again.",
                "expiresAt"
            );
        if (Approves && ProposalSteps.CheckGainer(batch, tree, row.CreditAccountId) is { } ended)
            return ended;
        if (Approves && row.CorrectsId is { } original && !tree.State.Book.TryGetTransfer(original, out _))
            return Refusal.Conflict(
                "corrected-not-found",
                "The transfer to correct was archived with its month. Reject the proposal.",
                "correctsId"
            );
        var orders = Approves ? Approval(tree, row) : [Return(tree, row)];
        if (!tree.TryPost(orders, out var refusal))
            return Refusal.OfCredits(refusal);
        if (Approves)
            row.TransferId = orders[^1].Id;
        ProposalSteps.Decided(batch, row, Approves ? ProposalStatus.Posted : ProposalStatus.Rejected, Actor, Comment);
        Decider.Decided(batch, Tree, row.Id);
        return row;
    }

    private List<TransferOrder> Approval(TreeChanges tree, TransferProposal row)
    {
        var context = ProposalSteps.Context(row, Actor);
        if (row.CorrectsId is not { } corrected || !tree.State.Book.TryGetTransfer(corrected, out var original))
            return
            [
                TransferOrder.Post(Guid.CreateVersion7(tree.At), row.Id, 0, ProposalSteps.TransferReason(row.Kind), context, row.Reason),
            ];
        // A hold cannot say what it corrects: it returns, and the correction takes its place in the same chain.
        return
        [
            Return(tree, row),
            TransferOrder.Correction(Guid.CreateVersion7(tree.At), original, row.Amount, context: context, note: row.Reason),
        ];
    }

    private TransferOrder Return(TreeChanges tree, TransferProposal row) =>
        TransferOrder.Void(
            Guid.CreateVersion7(tree.At),
            row.Id,
            Approves ? ProposalSteps.TransferReason(row.Kind) : TransferReasons.Denied,
            ProposalSteps.Context(row, Actor),
            Comment ?? row.Reason
        );
}
