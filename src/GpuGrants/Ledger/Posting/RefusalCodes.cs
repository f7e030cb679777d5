namespace GpuGrants.Ledger.Posting;

/// <summary>The stable codes of <see cref="LedgerRefusal"/>.</summary>
public static class RefusalCodes
{
    public const string EmptyChain = "empty_chain";
    public const string ChainTooLong = "chain_too_long";
    public const string IdMissing = "id_missing";
    public const string IdAlreadyUsed = "id_already_used";
    public const string IdHasDifferentBody = "id_has_different_body";
    public const string AmountNotPositive = "amount_not_positive";
    public const string AccountNotFound = "account_not_found";
    public const string SameAccount = "same_account";
    public const string UnitMismatch = "unit_mismatch";
    public const string AccountMismatch = "account_mismatch";
    public const string InsufficientBalance = "insufficient_balance";
    public const string CounterOverflow = "counter_overflow";
    public const string FieldNotAllowed = "field_not_allowed";
    public const string FieldRequired = "field_required";
    public const string ExpiryNotInFuture = "expiry_not_in_future";
    public const string HoldNotFound = "hold_not_found";
    public const string HoldAlreadyEnded = "hold_already_ended";
    public const string HoldExpired = "hold_expired";
    public const string HoldNotExpired = "hold_not_expired";
    public const string AmountExceedsHold = "amount_exceeds_hold";
    public const string CorrectedNotFound = "corrected_not_found";
    public const string CorrectedNotPosted = "corrected_not_posted";
    public const string AmountExceedsCorrected = "amount_exceeds_corrected";
    public const string ReasonInvalid = "reason_invalid";
    public const string ReasonReserved = "reason_reserved";
}
