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

    /// <summary>Whether its provider approves each grant on it: then no rule approves alone.</summary>
    public bool ProviderApproves { get; init; }

    /// <summary>From when it serves.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Until when it serves; null for no end.</summary>
    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>False while the provider has paused the offer, has put up no GPU time, or is itself suspended.</summary>
    public required bool IsOpen { get; init; }

    /// <summary>Kinds of organizations that its provider serves; empty for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Countries (ISO 3166-1 alpha-2) whose organizations its provider serves; empty for all.</summary>
    public IReadOnlyList<string> Countries { get; init; } = [];

    /// <summary>GPU time put up in all; grants take nothing off.</summary>
    public GpuTime Capacity { get; init; }

    /// <summary>The account that holds the GPU time it can still promise.</summary>
    public required Guid CapacityAccountId { get; init; }

    /// <summary>Whether its capacity is dated tranches. Else it is GPU-hours that may be used at any time.</summary>
    public bool IsDated { get; init; }

    /// <summary>The tranches in force that have not passed; empty without dates.</summary>
    public IReadOnlyList<Tranche> Tranches { get; init; } = [];

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

/// <summary>A rate and the moment from which an offer charges it, until a later one takes over.</summary>
public readonly record struct DatedRate(DateTimeOffset EffectiveFrom, Rate Rate);
