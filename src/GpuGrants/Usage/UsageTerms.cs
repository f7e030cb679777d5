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

    /// <summary>When the grant was suspended: spans that share no instant. What is used then is never charged.</summary>
    public IReadOnlyList<UsageSpan> Suspensions
    {
        get => field ?? [];
        init;
    }

    /// <summary>GPU time that may still be added to the grant for use beyond it.</summary>
    public GpuTime Grace { get; init; }

    /// <summary>How much of a span may be used: without suspensions.</summary>
    /// <returns>Milliseconds.</returns>
    public long UsableMs(UsageSpan span) => span.LengthMs - Suspensions.Sum(one => one.Within(span).LengthMs);
}
