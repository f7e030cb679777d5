namespace GpuGrants.Ledger.Posting;

/// <summary>Why the ledger refused a chain. Nothing of the chain happened.</summary>
/// <param name="Code">One of <see cref="RefusalCodes"/>.</param>
/// <param name="Field">The order's field at fault, by its JSON name.</param>
/// <param name="Index">The place of the order in its chain, from 0.</param>
/// <param name="TransferId">The order's id.</param>
/// <param name="Next">What the caller can do, in one sentence.</param>
/// <param name="Limit">The largest value that would have passed, when there is one.</param>
/// <param name="Available">What the debited account had to give, in its unit, when the balance was at fault.</param>
/// <param name="AccountId">The account at fault.</param>
/// <param name="RelatedId">The transfer or hold that stands in the way.</param>
public sealed record LedgerRefusal(
    string Code,
    string Field,
    int Index,
    Guid TransferId,
    string Next,
    long? Limit = null,
    long? Available = null,
    Guid? AccountId = null,
    Guid? RelatedId = null
);
