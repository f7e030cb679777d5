using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What a grant allows of usage at the moment a reading arrives.</summary>
/// <param name="TakesUsage">False when no usage can be charged to it any more.</param>
/// <param name="StartsAt">Nothing may be used before.</param>
/// <param name="EndsAt">Nothing may be used from then on.</param>
/// <param name="Gpus">The most GPUs at once.</param>
/// <param name="Most">GPU time that was granted and not returned.</param>
public readonly record struct UsageTerms(bool TakesUsage, DateTimeOffset StartsAt, DateTimeOffset EndsAt, int Gpus, GpuTime Most)
{
    /// <summary>The grant's life.</summary>
    public UsageSpan Life => UsageSpan.Between(StartsAt, EndsAt);
}
