namespace GpuGrants.Ledger;

/// <summary>What an audit of one tree looked at, and what it found wrong: nothing, if all is well.</summary>
public sealed record AuditReport(Guid RootProgrammeId, long Transfers, long Accounts, long OpenHolds, long Blocks, long Sealed, IReadOnlyList<Finding> Findings);
