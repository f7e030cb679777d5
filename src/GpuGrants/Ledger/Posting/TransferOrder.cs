namespace GpuGrants.Ledger.Posting;

/// <summary>What is asked of the ledger: one transfer, not yet checked.</summary>
/// <remarks>
/// Make one by <see cref="Posted"/>, <see cref="Pending"/>, <see cref="Post"/>, <see cref="Void"/> or <see cref="Correction"/>.
/// </remarks>
public sealed record TransferOrder
{
    /// <summary>The new transfer's id, a UUIDv7 of the tenant's clock.</summary>
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
