namespace GpuGrants.Usage;

/// <summary>Why a usage record was not taken: a stable code, the field, and what to do.</summary>
public sealed record UsageRefusal(string Code, string Field, string Message);
