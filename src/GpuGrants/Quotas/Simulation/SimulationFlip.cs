namespace GpuGrants.Quotas.Simulation;

/// <summary>A past request that other policies would have decided otherwise.</summary>
/// <param name="RuleIds">The breached rules that lead to the simulated verdict; none when it is an approval.</param>
/// <param name="ExceedsBudget">The rules would have let it through, but the programme's budget would not have sufficed.</param>
public sealed record SimulationFlip(
    Guid RequestId,
    DateTimeOffset At,
    Guid OrganizationId,
    QuotaVerdict Happened,
    QuotaVerdict Simulated,
    IReadOnlyList<string> RuleIds,
    bool ExceedsBudget = false
);
