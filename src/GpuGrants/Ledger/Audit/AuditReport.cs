namespace GpuGrants.Ledger.Audit;

/// <summary>What an audit of one tree looked at, and what it found wrong: nothing, if all is well.</summary>
/// <param name="Transfers">Transfers that were read.</param>
/// <param name="Accounts">Accounts that were compared.</param>
/// <param name="OpenHolds">Open holds that were compared.</param>
/// <param name="Blocks">Sealed blocks that were recomputed.</param>
/// <param name="Sealed">Transfers that they cover.</param>
/// <param name="Findings">The first <see cref="LedgerAudit.MaxFindings"/> things that are wrong.</param>
/// <param name="Found">How many things are wrong in all.</param>
public sealed record AuditReport(
    Guid RootProgrammeId,
    long Transfers,
    long Accounts,
    long OpenHolds,
    long Blocks,
    long Sealed,
    IReadOnlyList<Finding> Findings,
    long Found
)
{
    /// <summary>The report with more findings, counted with the others.</summary>
    public AuditReport With(IReadOnlyCollection<Finding> more) =>
        this with
        {
            Findings = [.. Findings, .. more.Take(Math.Max(0, LedgerAudit.MaxFindings - Findings.Count))],
            Found = Found + more.Count,
        };
}
