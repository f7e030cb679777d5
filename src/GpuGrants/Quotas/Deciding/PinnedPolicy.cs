namespace GpuGrants.Quotas.Deciding;

/// <summary>A policy version that a decision used.</summary>
/// <param name="TimeZone">The time zone of its scope then: a programme's may change. Null in snapshots from before it was pinned.</param>
/// <param name="IsOver">Whether it was over by then, and only says what past windows carry over.</param>
public sealed record PinnedPolicy(Guid PolicyId, int Version, string? TimeZone = null, bool IsOver = false);
