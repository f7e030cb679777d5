namespace GpuGrants.Quotas.Windows;

/// <summary>
/// What is left at a window's end and may be used in the next: <c>min(Max, max(Min, balance before the reset))</c>, in the
/// measure's unit.
/// </summary>
/// <remarks>
/// A subject's first window carries nothing in. The chain looks back at most <see cref="MaxWindows"/> windows and reckons them with the
/// present limit, but for overrides that were not in force yet: a higher limit leaves nothing more of windows before it.
/// </remarks>
public sealed record CarryOver(long Min, long Max)
{
    /// <summary>How many past windows a counter keeps for carry-over.</summary>
    public const int MaxWindows = 24;
}
