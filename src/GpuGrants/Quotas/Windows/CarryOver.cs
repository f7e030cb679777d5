namespace GpuGrants.Quotas.Windows;

/// <summary>
/// What is left at a window's end and may be used in the next: <c>min(Max, max(Min, balance before the reset))</c>, in the
/// measure's unit.
/// </summary>
/// <remarks>
/// Each closed window carries over by the version and the overrides that were in force when it closed. So a later limit changes nothing of
/// it, and late usage does. A window that closed before the policy began carries nothing. The chain looks back at most
/// <see cref="MaxWindows"/> windows.
/// </remarks>
public sealed record CarryOver(long Min, long Max)
{
    /// <summary>How many past windows a counter keeps for carry-over.</summary>
    public const int MaxWindows = 24;
}

/// <summary>By what a closed window carries over: the limit and the bounds that were in force at its last instant.</summary>
/// <param name="Limit">With overrides, in the measure's unit.</param>
/// <param name="Bounds">How much may be carried.</param>
internal readonly record struct ClosingLimit(long Limit, CarryOver Bounds);

/// <summary>Finds by what a window closed.</summary>
/// <param name="lastMs">The window's last instant, in milliseconds since 1970 UTC.</param>
/// <returns>Null when no version of the rule was in force then: nothing carries over.</returns>
internal delegate ClosingLimit? ClosingLimits(long lastMs);
