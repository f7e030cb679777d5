namespace GpuGrants.Ledger.Posting;

/// <summary>The stable codes of <see cref="LedgerRefusal"/>.</summary>
public static class RefusalCodes
{
    /// <summary>No order was given.</summary>
    public const string EmptyChain = "empty-chain";

    /// <summary>The chain has more orders than one may have.</summary>
    public const string ChainTooLong = "chain-too-long";

    /// <summary>An order has no id.</summary>
    public const string IdMissing = "id-missing";

    /// <summary>Another transfer has the id.</summary>
    public const string IdAlreadyUsed = "id-already-used";

    /// <summary>The id was used for another order.</summary>
    public const string IdHasDifferentBody = "id-has-different-body";

    /// <summary>An amount is not above zero.</summary>
    public const string AmountNotPositive = "amount-not-positive";

    /// <summary>An account does not exist.</summary>
    public const string AccountNotFound = "account-not-found";

    /// <summary>Both accounts are one.</summary>
    public const string SameAccount = "same-account";

    /// <summary>The accounts differ in unit.</summary>
    public const string UnitMismatch = "unit-mismatch";

    /// <summary>The accounts are not those of the hold or of the corrected transfer.</summary>
    public const string AccountMismatch = "account-mismatch";

    /// <summary>A floored account has less than is asked for.</summary>
    public const string InsufficientBalance = "insufficient-balance";

    /// <summary>A counter would not fit into 64 bits.</summary>
    public const string CounterOverflow = "counter-overflow";

    /// <summary>A field is given that the kind of order does not take.</summary>
    public const string FieldNotAllowed = "field-not-allowed";

    /// <summary>A field is missing that the kind of order needs.</summary>
    public const string FieldRequired = "field-required";

    /// <summary>A hold would expire at once.</summary>
    public const string ExpiryNotInFuture = "expiry-not-in-future";

    /// <summary>There is no such hold.</summary>
    public const string HoldNotFound = "hold-not-found";

    /// <summary>The hold was posted or voided before.</summary>
    public const string HoldAlreadyEnded = "hold-already-ended";

    /// <summary>The hold expired: only a void may end it.</summary>
    public const string HoldExpired = "hold-expired";

    /// <summary>A void for expiry comes before the hold's expiry.</summary>
    public const string HoldNotExpired = "hold-not-expired";

    /// <summary>More is posted than was held.</summary>
    public const string AmountExceedsHold = "amount-exceeds-hold";

    /// <summary>The transfer to correct does not exist.</summary>
    public const string CorrectedNotFound = "corrected-not-found";

    /// <summary>The transfer to correct moved nothing.</summary>
    public const string CorrectedNotPosted = "corrected-not-posted";

    /// <summary>Corrections together would exceed the transfer.</summary>
    public const string AmountExceedsCorrected = "amount-exceeds-corrected";

    /// <summary>The reason is not a word as reasons are.</summary>
    public const string ReasonInvalid = "reason-invalid";

    /// <summary>The reason belongs to an act of the service.</summary>
    public const string ReasonReserved = "reason-reserved";
}
