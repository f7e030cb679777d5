namespace GpuGrants.Ledger.Posting;

/// <summary>Checks an order without any account: which fields its kind needs and forbids.</summary>
internal static class OrderShape
{
    public static LedgerRefusal? Check(TransferOrder order, int index, DateTimeOffset at)
    {
        if (order.Id == Guid.Empty)
            return new LedgerRefusal(RefusalCodes.IdMissing, "id", index, order.Id, "Give the transfer an id.");
        if (!TransferReasons.IsValid(order.Reason))
        {
            return new LedgerRefusal(
                RefusalCodes.ReasonInvalid,
                "reason",
                index,
                order.Id,
                "Use a lower-case word of letters, digits and hyphens, at most 64 characters.",
                Limit: 64
            );
        }

        if (order.Reason == TransferReasons.Expired && order.Kind != TransferKind.Void)
        {
            return new LedgerRefusal(RefusalCodes.ReasonReserved, "reason", index, order.Id, "Keep 'expired' for the void of a hold.");
        }

        return order.Kind.EndsHold() ? CheckEnd(order, index) : CheckMove(order, index, at);
    }

    private static LedgerRefusal? CheckEnd(TransferOrder order, int index)
    {
        if (order.PendingId is null)
            return Required(order, "pendingId", index);
        if (order.ExpiresAt is not null)
            return NotAllowed(order, "expiresAt", index);
        if (order.CorrectsId is not null)
            return NotAllowed(order, "correctsId", index);
        return order.Amount < 0 ? AmountNotPositive(order, index) : null;
    }

    private static LedgerRefusal? CheckMove(TransferOrder order, int index, DateTimeOffset at)
    {
        if (order.PendingId is not null)
            return NotAllowed(order, "pendingId", index);
        if (order.Amount <= 0)
            return AmountNotPositive(order, index);
        if (order.Kind == TransferKind.Posted)
            return order.ExpiresAt is null ? null : NotAllowed(order, "expiresAt", index);
        if (order.CorrectsId is not null)
            return NotAllowed(order, "correctsId", index);
        if (order.ExpiresAt is not { } expiresAt)
            return Required(order, "expiresAt", index);
        return LedgerTime.Truncate(expiresAt) > at
            ? null
            : new LedgerRefusal(RefusalCodes.ExpiryNotInFuture, "expiresAt", index, order.Id, "Name a moment after now.");
    }

    private static LedgerRefusal AmountNotPositive(TransferOrder order, int index) =>
        new(RefusalCodes.AmountNotPositive, "amount", index, order.Id, "Name an amount above zero; to move it back, swap the accounts.");

    private static LedgerRefusal NotAllowed(TransferOrder order, string field, int index) =>
        new(RefusalCodes.FieldNotAllowed, field, index, order.Id, $"Leave {field} out of a transfer of kind {order.Kind.Code()}.");

    private static LedgerRefusal Required(TransferOrder order, string field, int index) =>
        new(RefusalCodes.FieldRequired, field, index, order.Id, $"Give a transfer of kind {order.Kind.Code()} its {field}.");
}
