using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a provider puts up: GPUs of one model in one region, for one programme and those below it.</summary>
/// <remarks>How much of it is left is no part of the offer: the ledger's capacity account says so.</remarks>
public sealed record Offer
{
    /// <summary>The offer's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The offer serves this programme and every programme below it.</summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>Who runs its GPUs.</summary>
    public required Guid ProviderId { get; init; }

    /// <summary>Which GPUs it has, such as <c>h100</c>.</summary>
    public required string GpuModelId { get; init; }

    /// <summary>The model's class, such as <c>datacenter</c>.</summary>
    public required string GpuClass { get; init; }

    /// <summary>Memory of each GPU, in GiB.</summary>
    public required int GpuMemoryGib { get; init; }

    /// <summary>Where the GPUs are, such as <c>kr</c>.</summary>
    public required string Region { get; init; }

    /// <summary>The smallest and the largest grant that the provider accepts; null for no upper limit.</summary>
    public required GpuTime MinSize { get; init; }

    /// <summary>The largest grant; null for no bound but capacity.</summary>
    public required GpuTime? MaxSize { get; init; }

    /// <summary>The most GPUs that one grant may use at once.</summary>
    public required int MaxGpus { get; init; }

    /// <summary>How long after a grant's end its usage is still charged, in seconds. A grant keeps that of its award.</summary>
    public long SettlementSeconds { get; init; }

    /// <summary>From when it serves.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Until when it serves; null for no end.</summary>
    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>False while the provider has paused the offer, has put up no GPU time, or is itself suspended.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>The account that holds the GPU time it can still promise.</summary>
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
