namespace GpuGrants.Ledger.Audit;

/// <summary>One thing that an audit found wrong, and where.</summary>
/// <param name="Code">One of <see cref="FindingCodes"/>.</param>
/// <param name="Message">What was expected and what is there, for people.</param>
/// <param name="Sequence">The transfer's number in its tree, when one row is at fault.</param>
/// <param name="TransferId">The transfer at fault.</param>
/// <param name="AccountId">The account at fault.</param>
/// <param name="BlockNumber">The sealed block at fault.</param>
public sealed record Finding(
    string Code,
    string Message,
    Guid RootProgrammeId,
    long? Sequence = null,
    Guid? TransferId = null,
    Guid? AccountId = null,
    long? BlockNumber = null
);
