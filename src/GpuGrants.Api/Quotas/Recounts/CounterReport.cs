namespace GpuGrants.Api.Quotas.Recounts;

/// <summary>What a recount of all counters looked at, and what it found wrong.</summary>
/// <param name="Subjects">Rows that were compared with the facts.</param>
/// <param name="Findings">The first <see cref="LedgerAudit.MaxFindings"/> things that are wrong.</param>
/// <param name="Found">How many things are wrong in all.</param>
public sealed record CounterReport(long Subjects, IReadOnlyList<Finding> Findings, long Found);
