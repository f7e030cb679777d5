namespace GpuGrants.Ledger.Posting;

/// <summary>The checks of a post or void against the hold it ends.</summary>
internal static class HoldEnd
{
    public static LedgerRefusal? Check(TransferOrder order, Hold hold, int index, DateTimeOffset at)
    {
        if (!hold.IsOpen)
        {
            return new LedgerRefusal(
                RefusalCodes.HoldAlreadyEnded,
                "pendingId",
                index,
                order.Id,
                "Read the transfer that ended the hold; it ends only once.",
                RelatedId: hold.EndedBy
            );
        }

        return CheckAccounts(order, hold, index) ?? CheckAmount(order, hold, index) ?? CheckTime(order, hold, index, at);
    }

    private static LedgerRefusal? CheckAccounts(TransferOrder order, Hold hold, int index)
    {
        if (order.DebitAccountId != Guid.Empty && order.DebitAccountId != hold.DebitAccountId)
        {
            return Mismatch(RefusalCodes.AccountMismatch, "debitAccountId");
        }

        if (order.CreditAccountId != Guid.Empty && order.CreditAccountId != hold.CreditAccountId)
        {
            return Mismatch(RefusalCodes.AccountMismatch, "creditAccountId");
        }

        return order.Unit is { } unit && unit != hold.Unit ? Mismatch(RefusalCodes.UnitMismatch, "unit") : null;

        LedgerRefusal Mismatch(string code, string field) =>
            new(code, field, index, order.Id, $"Leave {field} out, or give the hold's.", RelatedId: hold.Id);
    }

    private static LedgerRefusal? CheckAmount(TransferOrder order, Hold hold, int index)
    {
        if (order.Amount > hold.Amount)
        {
            return new LedgerRefusal(
                RefusalCodes.AmountExceedsHold,
                "amount",
                index,
                order.Id,
                "Post at most what is held.",
                Limit: hold.Amount,
                RelatedId: hold.Id
            );
        }

        return order.Kind == TransferKind.Void && order.Amount != 0 && order.Amount != hold.Amount
            ? new LedgerRefusal(
                RefusalCodes.FieldNotAllowed,
                "amount",
                index,
                order.Id,
                "A void returns the whole hold: leave the amount out, or post the part to keep.",
                Limit: hold.Amount,
                RelatedId: hold.Id
            )
            : null;
    }

    private static LedgerRefusal? CheckTime(TransferOrder order, Hold hold, int index, DateTimeOffset at)
    {
        var expired = at >= hold.ExpiresAt;
        if (expired && order.Kind == TransferKind.Post)
        {
            return new LedgerRefusal(
                RefusalCodes.HoldExpired,
                "pendingId",
                index,
                order.Id,
                "Void the hold and make a new transfer.",
                RelatedId: hold.Id
            );
        }

        return !expired && order.Reason == TransferReasons.Expired
            ? new LedgerRefusal(
                RefusalCodes.HoldNotExpired,
                "reason",
                index,
                order.Id,
                "Wait for the hold's expiry, or void it for another reason.",
                RelatedId: hold.Id
            )
            : null;
    }
}
