namespace GpuGrants.Ledger.Posting;

/// <summary>The checks of a correction against the transfer it reverses: what moved, swapped, and never more than moved.</summary>
internal static class CorrectionCheck
{
    public static LedgerRefusal? Check(TransferOrder order, KnownTransfer known, int index)
    {
        var original = known.Transfer;
        if (original.Kind is not (TransferKind.Posted or TransferKind.Post))
        {
            return new LedgerRefusal(
                RefusalCodes.CorrectedNotPosted,
                "correctsId",
                index,
                order.Id,
                "Correct a transfer that moved an amount. End a hold by a void.",
                RelatedId: original.Id
            );
        }

        if (order.DebitAccountId != original.CreditAccountId)
            return Mismatch("debitAccountId");
        if (order.CreditAccountId != original.DebitAccountId)
            return Mismatch("creditAccountId");
        var left = original.Amount - known.Corrected;
        return order.Amount <= left
            ? null
            : new LedgerRefusal(
                RefusalCodes.AmountExceedsCorrected,
                "amount",
                index,
                order.Id,
                "Correct at most what earlier corrections left of the transfer.",
                Limit: left,
                RelatedId: original.Id
            );

        LedgerRefusal Mismatch(string field) =>
            new(
                RefusalCodes.AccountMismatch,
                field,
                index,
                order.Id,
                "Swap the accounts of the transfer to correct.",
                RelatedId: original.Id
            );
    }
}
