using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a provider puts up: GPUs of one model in one region, for one programme and those below it.</summary>
/// <remarks>How much of it is left is no part of the offer: the ledger's capacity account says so.</remarks>
public sealed record Offer
{
    public required Guid Id { get; init; }

    /// <summary>The offer serves this programme and every programme below it.</summary>
    public required Guid ProgrammeId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModelId { get; init; }

    public required string GpuClass { get; init; }

    public required int GpuMemoryGib { get; init; }

    public required string Region { get; init; }

    /// <summary>The smallest and the largest grant that the provider accepts; null for no upper limit.</summary>
    public required GpuTime MinSize { get; init; }

    public required GpuTime? MaxSize { get; init; }

    /// <summary>The most GPUs that one grant may use at once.</summary>
    public required int MaxGpus { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>False while the provider has paused the offer, or is itself suspended.</summary>
    public required bool IsOpen { get; init; }

    public required Guid CapacityAccountId { get; init; }

    /// <summary>In order of <see cref="DatedRate.EffectiveFrom"/>.</summary>
    public required IReadOnlyList<DatedRate> Rates { get; init; }

    /// <summary>The rate in force at <paramref name="at"/>; null before the first.</summary>
    public Rate? RateAt(DateTimeOffset at)
    {
        for (var i = Rates.Count - 1; i >= 0; i--)
            if (Rates[i].EffectiveFrom <= at)
                return Rates[i].Rate;
        return null;
    }
}
