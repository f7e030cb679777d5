namespace GpuGrants.Api.Quotas.Increases;

/// <summary>A request for a higher limit with its latest verdict.</summary>
public sealed record IncreaseDecided(QuotaIncrease Increase, QuotaIncreaseDecision Decision);
