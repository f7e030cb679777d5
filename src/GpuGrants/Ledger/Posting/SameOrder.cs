namespace GpuGrants.Ledger.Posting;

/// <summary>
/// Tells whether an order under an id that was used before is the same order again, so that it gets the same answer,
/// or another one, which is an error that names the field.
/// </summary>
public static class SameOrder
{
    /// <summary>The first field, by its JSON name, in which the order differs from what was recorded; null when it is the same.</summary>
    /// <param name="order">As it was sent now.</param>
    /// <param name="recorded">What the id was used for.</param>
    /// <param name="held">The amount of the hold that the recorded post or void ended; not used otherwise.</param>
    /// <remarks>
    /// A field that a post or void may leave to its hold, or a correction to what it corrects, does not differ when it was left out. An
    /// amount that was left out means the whole hold, so it differs from a post of a part.
    /// </remarks>
    public static string? FirstDifference(TransferOrder order, Transfer recorded, long held = 0)
    {
        var ends = recorded.Kind.EndsHold();
        var mayLeaveAccounts = ends || recorded.CorrectsId is not null;
        var whole = order with
        {
            DebitAccountId = Left(order.DebitAccountId) ? recorded.DebitAccountId : order.DebitAccountId,
            CreditAccountId = Left(order.CreditAccountId) ? recorded.CreditAccountId : order.CreditAccountId,
            Unit = order.Unit ?? recorded.Unit,
            Amount = ends && order.Amount == 0 ? held : order.Amount,
        };
        return FirstDifference(
            whole,
            new TransferOrder
            {
                Id = order.Id,
                Kind = recorded.Kind,
                PendingId = recorded.PendingId,
                DebitAccountId = recorded.DebitAccountId,
                CreditAccountId = recorded.CreditAccountId,
                Unit = recorded.Unit,
                Amount = recorded.Amount,
                ExpiresAt = recorded.ExpiresAt,
                CorrectsId = recorded.CorrectsId,
                Reason = recorded.Reason,
                Note = recorded.Note,
            }
        );

        bool Left(Guid account) => mayLeaveAccounts && account == Guid.Empty;
    }

    /// <summary>
    /// The first field, by its JSON name, in which the order differs from the one that was refused; null when it is the same.
    /// </summary>
    public static string? FirstDifference(TransferOrder order, RefusedTransfer refused) => FirstDifference(order, refused.Order);

    private static string? FirstDifference(TransferOrder order, TransferOrder first)
    {
        if (order.Kind != first.Kind)
            return "kind";
        if (order.PendingId != first.PendingId)
            return "pendingId";
        if (order.DebitAccountId != first.DebitAccountId)
            return "debitAccountId";
        if (order.CreditAccountId != first.CreditAccountId)
            return "creditAccountId";
        if (order.Unit != first.Unit)
            return "unit";
        if (order.Amount != first.Amount)
            return "amount";
        if (LedgerTime.Truncate(order.ExpiresAt) != LedgerTime.Truncate(first.ExpiresAt))
            return "expiresAt";
        if (order.CorrectsId != first.CorrectsId)
            return "correctsId";
        if (order.Reason != first.Reason)
            return "reason";
        return order.Note == first.Note ? null : "note";
    }

    /// <summary>The refusal for a used id with another body.</summary>
    public static LedgerRefusal Different(TransferOrder order, string field, int index = 0) =>
        new(
            RefusalCodes.IdHasDifferentBody,
            field,
            index,
            order.Id,
            $"Use a new id: this one was sent before with another {field}.",
            RelatedId: order.Id
        );
}
