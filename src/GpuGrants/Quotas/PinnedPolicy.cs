namespace GpuGrants.Quotas;

/// <summary>A policy version that a decision used.</summary>
public sealed record PinnedPolicy(Guid PolicyId, int Version);
