using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// Ends a hold that was made by hand and has expired; what it held returns, and a proposal that it held credits for has expired with it.
/// </summary>
public sealed class ExpireHold : Command<Guid>
{
    public required Guid HoldId { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        batch.WantHold(Tree, HoldId);
        batch.Rows<TransferProposal>().Want(new RowKey(Tree.Value, HoldId));
        if (!tree.State.Book.TryGetHold(HoldId, out var hold))
            return;
        tree.WantAccount(hold.DebitAccountId);
        tree.WantAccount(hold.CreditAccountId);
    }

    public override Outcome<Guid> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var order = TransferOrder.Void(Guid.CreateVersion7(tree.At), HoldId, TransferReasons.Expired);
        // Somebody may have ended it after the sweep found it.
        if (!tree.TryPost([order], out var refusal))
            return Refusal.OfCredits(refusal);
        batch.RecordEvent(
            Tree,
            Actor,
            LedgerEvents.HoldExpired,
            new HoldExpiredData(HoldId, order.Id, Wire.Credits(tree.Transfers.Last(transfer => transfer.Id == order.Id).Amount))
        );
        if (batch.Rows<TransferProposal>().Find(new RowKey(Tree.Value, HoldId)) is { } proposal)
            ProposalSteps.Decided(batch, proposal, ProposalStatus.Expired, null, null);
        return order.Id;
    }
}
