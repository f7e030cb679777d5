using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>What a transfer id was used for before: recorded, or refused for good.</summary>
internal sealed record EarlierTransfer(Transfer? Recorded, RefusedTransferRow? Refused)
{
    public static void Plan(BatchState batch, TreeId tree, Guid id)
    {
        batch.WantTransfer(tree, id);
        batch.Rows<RefusedTransferRow>().Want(new RowKey(tree.Value, id));
    }

    /// <summary>Null when the id is new.</summary>
    public static EarlierTransfer? Find(BatchState batch, TreeId tree, Guid id)
    {
        if (batch.Tree(tree).State.Book.TryGetTransfer(id, out var recorded))
            return new EarlierTransfer(recorded, null);
        return batch.Rows<RefusedTransferRow>().Find(new RowKey(tree.Value, id)) is { } refused ? new EarlierTransfer(null, refused) : null;
    }

    private Guid? ChainId => Recorded is not null ? Recorded.ChainId : RefusedTransfers.RecordOf(Refused!).ChainId;

    /// <summary>
    /// The first field in which the order, sent in this chain, differs from what the id was used for; null when it is the same again.
    /// </summary>
    public string? FirstDifference(TransferOrder order, Guid? chainId, Book book)
    {
        if (ChainId != chainId)
            return "linked";
        if (Recorded is null)
            return RefusedTransfers.FirstDifference(order, Refused!);
        var held = order.PendingId is { } pending && book.TryGetHold(pending, out var hold) ? hold.Amount : 0;
        return SameOrder.FirstDifference(order, Recorded, held);
    }

    public TransferOutcome Outcome() =>
        Recorded is not null
            ? TransferOutcome.Accepted(Recorded, replayed: true)
            : TransferOutcome.Refused(Refused!.Id, RefusedTransfers.RecordOf(Refused).Refusal, replayed: true);
}
