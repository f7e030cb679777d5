namespace GpuGrants.Ledger.Accounts;

/// <summary>What was recorded: a transfer, its place in the tree's order, and both accounts' counters after it.</summary>
/// <remarks>
/// <c>Sequence</c> is its number in the tree, from 1, without gaps and in commit order. <c>Amount</c> is for a post the part that moved,
/// for a void the whole hold. <c>PendingId</c> is the hold that a post or void ends, <c>CorrectsId</c> the earlier transfer that it
/// reverses in whole or in part, <c>ChainId</c> the first transfer's id of the chain it was recorded with; null when it stood alone.
/// </remarks>
public sealed record Transfer(
    Guid RootProgrammeId,
    Guid Id,
    long Sequence,
    TransferKind Kind,
    Guid DebitAccountId,
    Guid CreditAccountId,
    LedgerUnit Unit,
    long Amount,
    Guid? PendingId,
    DateTimeOffset? ExpiresAt,
    Guid? ChainId,
    Guid? CorrectsId,
    string Reason,
    string? Note,
    TransferContext Context,
    DateTimeOffset CreatedAt,
    Counters DebitAfter,
    Counters CreditAfter
);
