namespace GpuGrants.Quotas.Windows;

/// <summary>What was counted in one stretch of time.</summary>
/// <param name="StartMs">When it begins, in milliseconds since 1970 UTC.</param>
/// <param name="Used">Counted for good, in the measure's unit.</param>
/// <param name="Held">Kept for requests under review, and under a limit on use for grants that may still use it.</param>
internal readonly record struct QuotaBucket(long StartMs, long Used, long Held)
{
    /// <summary>The beginning of the last bucket of a counter, if it has one that counts in every window.</summary>
    public const long EveryWindow = long.MaxValue;
}
