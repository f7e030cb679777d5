namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// A pending transfer and how it ended, if it did. It ends exactly once: by a post or a void. Its expiry ends nothing: an expired hold
/// binds its amount until it is voided.
/// </summary>
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

    /// <summary>The account that the held amount comes from.</summary>
    public Guid DebitAccountId { get; } = debitAccountId;

    /// <summary>The account that gets it when the hold is posted.</summary>
    public Guid CreditAccountId { get; } = creditAccountId;

    /// <summary>The unit of both accounts.</summary>
    public LedgerUnit Unit { get; } = unit;

    /// <summary>What is held, in the unit's whole numbers; above 0.</summary>
    public long Amount { get; } = amount;

    /// <summary>From this moment on it can only be voided.</summary>
    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    /// <summary>The request that it is held for; null when there is none.</summary>
    public Guid? RequestId { get; } = requestId;

    /// <summary>The post or void that ended it; null while it is open.</summary>
    public Guid? EndedBy { get; internal set; }

    /// <summary>When it was posted or voided; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; internal set; }

    /// <summary>Whether it was neither posted nor voided yet.</summary>
    public bool IsOpen => EndedBy is null;

    /// <summary>A hold read back from storage as ended.</summary>
    public static Hold Ended(Hold hold, Guid endedBy, DateTimeOffset endedAt) =>
        new(hold.Id, hold.DebitAccountId, hold.CreditAccountId, hold.Unit, hold.Amount, hold.ExpiresAt, hold.RequestId)
        {
            EndedBy = endedBy,
            EndedAt = endedAt,
        };
}
