namespace GpuGrants.Quotas.Windows;

/// <summary>By what a closed window carries over: the limit and the bounds that were in force at its last instant.</summary>
/// <param name="Limit">With overrides, in the measure's unit.</param>
/// <param name="Bounds">How much may be carried.</param>
internal readonly record struct ClosingLimit(long Limit, CarryOver Bounds);

/// <summary>Finds by what a window closed.</summary>
/// <param name="lastMs">The window's last instant, in milliseconds since 1970 UTC.</param>
/// <returns>Null when no version of the rule was in force then: nothing carries over.</returns>
internal delegate ClosingLimit? ClosingLimits(long lastMs);
