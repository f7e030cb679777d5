using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>
/// Fills in the accounts that a call's orders leave to a hold or a corrected transfer. Both may be older or part of the same call.
/// </summary>
internal static class HandOrders
{
    /// <summary>Accounts stay empty where nothing is known that the order could leave them to: the ledger refuses it.</summary>
    public static IReadOnlyList<TransferOrder> Fill(TreeChanges tree, IReadOnlyList<HandTransfer> transfers)
    {
        var filled = new Dictionary<Guid, TransferOrder>();
        foreach (var one in transfers)
            filled[one.Id] = Fill(tree, one.Order, filled);
        return [.. filled.Values];
    }

    /// <summary>The accounts that the order is about by what it names; read so far.</summary>
    public static (Guid Debit, Guid Credit) Accounts(TreeChanges tree, TransferOrder order, IReadOnlyDictionary<Guid, TransferOrder> before)
    {
        if (order.PendingId is { } pending)
        {
            if (tree.State.Book.TryGetHold(pending, out var hold))
                return (hold.DebitAccountId, hold.CreditAccountId);
            return before.TryGetValue(pending, out var held) ? (held.DebitAccountId, held.CreditAccountId) : default;
        }

        if (order.CorrectsId is not { } corrected)
            return (order.DebitAccountId, order.CreditAccountId);
        if (tree.State.Book.TryGetTransfer(corrected, out var original))
            return (original.CreditAccountId, original.DebitAccountId);
        return before.TryGetValue(corrected, out var first) ? (first.CreditAccountId, first.DebitAccountId) : default;
    }

    private static TransferOrder Fill(TreeChanges tree, TransferOrder order, Dictionary<Guid, TransferOrder> before)
    {
        var (debit, credit) = Accounts(tree, order, before);
        // What was stated stays as it is: the ledger says so where it is not what the hold or the corrected transfer has.
        return order with
        {
            DebitAccountId = order.DebitAccountId == Guid.Empty ? debit : order.DebitAccountId,
            CreditAccountId = order.CreditAccountId == Guid.Empty ? credit : order.CreditAccountId,
        };
    }
}
