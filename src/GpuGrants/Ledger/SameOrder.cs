namespace GpuGrants.Ledger;

/// <summary>
/// Tells whether an order under an id that was used before is the same order again, so that it gets the same answer,
/// or another one, which is an error that names the field.
/// </summary>
public static class SameOrder
{
    /// <summary>The first field, by its JSON name, in which the order differs from what was recorded; null when it is the same.</summary>
    /// <remarks>A field that a post or void may leave to its hold does not differ when it was left out.</remarks>
    public static string? FirstDifference(TransferOrder order, Transfer recorded)
    {
        var ends = recorded.Kind.EndsHold();
        if (order.Kind != recorded.Kind) return "kind";
        if (order.PendingId != recorded.PendingId) return "pendingId";
        if (order.DebitAccountId != recorded.DebitAccountId && !(ends && order.DebitAccountId == Guid.Empty)) return "debitAccountId";
        if (order.CreditAccountId != recorded.CreditAccountId && !(ends && order.CreditAccountId == Guid.Empty)) return "creditAccountId";
        if (order.Unit is { } unit && unit != recorded.Unit) return "unit";
        if (order.Amount != recorded.Amount && !(ends && order.Amount == 0)) return "amount";
        if (LedgerTime.Truncate(order.ExpiresAt) != recorded.ExpiresAt) return "expiresAt";
        if (order.CorrectsId != recorded.CorrectsId) return "correctsId";
        if (order.Reason != recorded.Reason) return "reason";
        return order.Note == recorded.Note ? null : "note";
    }

    /// <inheritdoc cref="FirstDifference(TransferOrder, Transfer)"/>
    public static string? FirstDifference(TransferOrder order, RefusedTransfer refused)
    {
        var first = refused.Order;
        if (order.Kind != first.Kind) return "kind";
        if (order.PendingId != first.PendingId) return "pendingId";
        if (order.DebitAccountId != first.DebitAccountId) return "debitAccountId";
        if (order.CreditAccountId != first.CreditAccountId) return "creditAccountId";
        if (order.Unit != first.Unit) return "unit";
        if (order.Amount != first.Amount) return "amount";
        if (LedgerTime.Truncate(order.ExpiresAt) != LedgerTime.Truncate(first.ExpiresAt)) return "expiresAt";
        if (order.CorrectsId != first.CorrectsId) return "correctsId";
        if (order.Reason != first.Reason) return "reason";
        return order.Note == first.Note ? null : "note";
    }

    /// <summary>The refusal for a used id with another body.</summary>
    public static Refusal Different(TransferOrder order, string field, int index = 0) =>
        new(RefusalCodes.IdHasDifferentBody, field, index, order.Id,
            $"Use a new id: this one was sent before with another {field}.", RelatedId: order.Id);
}
