namespace GpuGrants.Ledger.Posting;

/// <summary>What is asked of the ledger: one transfer, not yet checked.</summary>
/// <remarks>
/// Make one by <see cref="Posted"/>, <see cref="Pending"/>, <see cref="Post"/>, <see cref="Void"/> or <see cref="Correction"/>.
/// </remarks>
public sealed record TransferOrder
{
    /// <summary>The new transfer's id, a UUIDv7: of the tree's business time, or the client's own for a transfer by hand.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whether it posts at once, holds, ends a hold or corrects.</summary>
    public required TransferKind Kind { get; init; }

    /// <summary>The account that loses; empty for a post or void, which has the accounts of its hold.</summary>
    public Guid DebitAccountId { get; init; }

    /// <summary>The account that gains; empty for a post or void.</summary>
    public Guid CreditAccountId { get; init; }

    /// <summary>The unit that the caller believes both accounts have; null for a post or void, or when the caller states none.</summary>
    public LedgerUnit? Unit { get; init; }

    /// <summary>Whole units above zero. For a post or void 0 means the whole hold.</summary>
    public long Amount { get; init; }

    /// <summary>The hold that a post or void ends.</summary>
    public Guid? PendingId { get; init; }

    /// <summary>The moment from which a hold can no longer be posted.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The earlier transfer that a correction reverses in whole or in part.</summary>
    public Guid? CorrectsId { get; init; }

    /// <summary>A code of <see cref="TransferReasons"/> or another lower-case word.</summary>
    public required string Reason { get; init; }

    /// <summary>Free text for people.</summary>
    public string? Note { get; init; }

    /// <summary>Which request, grant and person it belongs to.</summary>
    public TransferContext Context { get; init; } = TransferContext.None;

    /// <summary>Moves <paramref name="amount"/> at once.</summary>
    public static TransferOrder Posted(
        Guid id,
        Account debit,
        Account credit,
        long amount,
        string reason,
        TransferContext? context = null,
        string? note = null
    ) => Move(TransferKind.Posted, id, debit, credit, amount, reason, context, note);

    /// <summary>Holds <paramref name="amount"/> until it is posted, voided or <paramref name="expiresAt"/> has come.</summary>
    public static TransferOrder Pending(
        Guid id,
        Account debit,
        Account credit,
        long amount,
        DateTimeOffset expiresAt,
        string reason,
        TransferContext? context = null,
        string? note = null
    ) => Move(TransferKind.Pending, id, debit, credit, amount, reason, context, note) with { ExpiresAt = expiresAt };

    /// <summary>Ends a hold by moving <paramref name="amount"/> of it (0: all); the rest returns.</summary>
    public static TransferOrder Post(
        Guid id,
        Guid pendingId,
        long amount,
        string reason,
        TransferContext? context = null,
        string? note = null
    ) =>
        new()
        {
            Id = id,
            Kind = TransferKind.Post,
            PendingId = pendingId,
            Amount = amount,
            Reason = reason,
            Context = context ?? TransferContext.None,
            Note = note,
        };

    /// <summary>Ends a hold by returning all of it.</summary>
    public static TransferOrder Void(Guid id, Guid pendingId, string reason, TransferContext? context = null, string? note = null) =>
        new()
        {
            Id = id,
            Kind = TransferKind.Void,
            PendingId = pendingId,
            Reason = reason,
            Context = context ?? TransferContext.None,
            Note = note,
        };

    /// <summary>Moves <paramref name="amount"/> of <paramref name="original"/> back: its accounts swapped.</summary>
    public static TransferOrder Correction(
        Guid id,
        Transfer original,
        long amount,
        string reason = TransferReasons.Correction,
        TransferContext? context = null,
        string? note = null
    ) =>
        new()
        {
            Id = id,
            Kind = TransferKind.Posted,
            DebitAccountId = original.CreditAccountId,
            CreditAccountId = original.DebitAccountId,
            Unit = original.Unit,
            Amount = amount,
            CorrectsId = original.Id,
            Reason = reason,
            Context = context ?? TransferContext.None,
            Note = note,
        };

    private static TransferOrder Move(
        TransferKind kind,
        Guid id,
        Account debit,
        Account credit,
        long amount,
        string reason,
        TransferContext? context,
        string? note
    ) =>
        new()
        {
            Id = id,
            Kind = kind,
            DebitAccountId = debit.Id,
            CreditAccountId = credit.Id,
            Unit = debit.Unit,
            Amount = amount,
            Reason = reason,
            Context = context ?? TransferContext.None,
            Note = note,
        };
}

/// <summary>An order with all that it names found and found to be in order: nothing can fail from here on.</summary>
internal readonly record struct CheckedOrder(Account Debit, Account Credit, long Amount, Hold? Hold, KnownTransfer? Corrected);

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

/// <summary>
/// A refusal that sticks: the order under a client's own id, and the answer that it keeps getting even if the balance has since grown.
/// </summary>
public sealed record RefusedTransfer(TransferOrder Order, LedgerRefusal Refusal, DateTimeOffset CreatedAt);

/// <summary>
/// What each kind of transfer does to the counters of its two accounts. The book and the audit both use it; there is no second arithmetic.
/// </summary>
public static class TransferEffect
{
    /// <summary>The counters of the account that loses.</summary>
    /// <param name="before">The counters before the transfer.</param>
    /// <param name="kind">How it moves the amount.</param>
    /// <param name="amount">What moves: for a post the part posted.</param>
    /// <param name="held">The whole amount of the hold that a post or void ends; not used otherwise.</param>
    public static Counters Debit(Counters before, TransferKind kind, long amount, long held) =>
        kind switch
        {
            TransferKind.Posted => before with { DebitsPosted = before.DebitsPosted + amount, Version = before.Version + 1 },
            TransferKind.Pending => before with { DebitsPending = before.DebitsPending + amount, Version = before.Version + 1 },
            TransferKind.Post => before with
            {
                DebitsPending = before.DebitsPending - held,
                DebitsPosted = before.DebitsPosted + amount,
                Version = before.Version + 1,
            },
            _ => before with { DebitsPending = before.DebitsPending - held, Version = before.Version + 1 },
        };

    /// <summary>The counters of the account that gains.</summary>
    /// <remarks>The parameters are those of <see cref="Debit"/>.</remarks>
    public static Counters Credit(Counters before, TransferKind kind, long amount, long held) =>
        kind switch
        {
            TransferKind.Posted => before with { CreditsPosted = before.CreditsPosted + amount, Version = before.Version + 1 },
            TransferKind.Pending => before with { CreditsPending = before.CreditsPending + amount, Version = before.Version + 1 },
            TransferKind.Post => before with
            {
                CreditsPending = before.CreditsPending - held,
                CreditsPosted = before.CreditsPosted + amount,
                Version = before.Version + 1,
            },
            _ => before with { CreditsPending = before.CreditsPending - held, Version = before.Version + 1 },
        };
}
