using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>GPU time that somebody used under a grant between two moments, as a provider metered it.</summary>
public readonly record struct UsageReading(GpuTime Time, DateTimeOffset StartedAt, DateTimeOffset EndedAt);
