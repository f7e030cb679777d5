using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>A rate and the moment from which an offer charges it, until a later one takes over.</summary>
public readonly record struct DatedRate(DateTimeOffset EffectiveFrom, Rate Rate);
