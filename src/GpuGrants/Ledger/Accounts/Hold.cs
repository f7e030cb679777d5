namespace GpuGrants.Ledger.Accounts;

/// <summary>A pending transfer and how it ended, if it did. It ends exactly once: by a post, a void or an expiry.</summary>
public sealed class Hold(
    Guid id,
    Guid debitAccountId,
    Guid creditAccountId,
    LedgerUnit unit,
    long amount,
    DateTimeOffset expiresAt,
    Guid? requestId = null
)
{
    /// <summary>The pending transfer's id.</summary>
    public Guid Id { get; } = id;

    public Guid DebitAccountId { get; } = debitAccountId;

    public Guid CreditAccountId { get; } = creditAccountId;

    public LedgerUnit Unit { get; } = unit;

    public long Amount { get; } = amount;

    /// <summary>From this moment on it can only be voided.</summary>
    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public Guid? RequestId { get; } = requestId;

    /// <summary>The post or void that ended it; null while it is open.</summary>
    public Guid? EndedBy { get; internal set; }

    public DateTimeOffset? EndedAt { get; internal set; }

    public bool IsOpen => EndedBy is null;

    /// <summary>A hold read back from storage as ended.</summary>
    public static Hold Ended(Hold hold, Guid endedBy, DateTimeOffset endedAt) =>
        new(hold.Id, hold.DebitAccountId, hold.CreditAccountId, hold.Unit, hold.Amount, hold.ExpiresAt, hold.RequestId)
        {
            EndedBy = endedBy,
            EndedAt = endedAt,
        };
}
