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

/// <summary>What a request wants of an offer.</summary>
public sealed record OfferAsk
{
    /// <summary>The GPU time asked for.</summary>
    public required GpuTime Time { get; init; }

    /// <summary>Whether the GPUs are to be its own from start to end. Only dated tranches can give them.</summary>
    public bool IsReserved { get; init; }

    /// <summary>GPUs that run at one time; at least 1.</summary>
    public required int Gpus { get; init; }

    /// <summary>Acceptable GPU models; empty for any.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    /// <summary>The least memory of each GPU, in GiB; null for any.</summary>
    public int? MinGpuMemoryGib { get; init; }

    /// <summary>The region asked for; null for any.</summary>
    public string? Region { get; init; }

    /// <summary>When the grant would start.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it would end.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>What all its GPUs are from start to end.</summary>
    public GpuTime Whole() => GpuTime.FromSeconds(Gpus * Math.Max(0, (long)(EndsAt - StartsAt).TotalSeconds));
}

/// <summary>Which offers suit a request, the cheapest first.</summary>
public static class OfferMatching
{
    /// <summary>An offer that suits, and its rate at the moment of the decision.</summary>
    public readonly record struct Match(Offer Offer, Rate Rate);

    /// <summary>
    /// Every offer that the programme may draw on and that suits <paramref name="ask"/> whatever its size. The cheapest comes first, then
    /// the
    /// lowest id, so that every replica chooses alike.
    /// </summary>
    /// <param name="programmePath">The programme, its parent, and so on up to the root.</param>
    public static List<Match> Suitable(IReadOnlyList<Offer> offers, IReadOnlyList<Guid> programmePath, OfferAsk ask, DateTimeOffset at)
    {
        var matches = new List<Match>();
        foreach (var offer in offers)
            if (programmePath.Contains(offer.ProgrammeId) && Suits(offer, ask, at) && offer.RateAt(at) is { } rate)
                matches.Add(new Match(offer, rate));
        matches.Sort(ByPrice);
        return matches;
    }

    /// <summary>Every open offer that suits once one field of the ask is changed, cheapest first and then by id.</summary>
    /// <param name="offers">All offers of the tree.</param>
    /// <param name="programmePath">The programme, its parent, and so on up to the root.</param>
    /// <param name="ask">What no offer could serve.</param>
    /// <param name="at">The moment of the decision.</param>
    /// <returns>Offers that suit as they are do not count.</returns>
    public static List<NearMiss> NearMisses(IReadOnlyList<Offer> offers, IReadOnlyList<Guid> programmePath, OfferAsk ask, DateTimeOffset at)
    {
        var misses = new List<NearMiss>();
        foreach (var offer in offers)
            if (
                programmePath.Contains(offer.ProgrammeId)
                && offer.IsOpen
                && (offer.EndsAt is not { } end || at < end)
                && offer.RateAt(at) is { } rate
                && NearMiss.Of(new Match(offer, rate), ask) is { } miss
            )
                misses.Add(miss);
        misses.Sort(static (a, b) => ByPrice(a.Match, b.Match));
        return misses;
    }

    private static int ByPrice(Match a, Match b) =>
        (a.Rate.CompareTo(b.Rate), a.Offer.Id.CompareTo(b.Offer.Id)) switch
        {
            (0, var byId) => byId,
            var (byRate, _) => byRate,
        };

    /// <summary>Whether the offer takes a grant of <paramref name="size"/>.</summary>
    public static bool TakesSize(Offer offer, GpuTime size) => size >= offer.MinSize && (offer.MaxSize is not { } max || size <= max);

    // ProgrammeRanking of the service asks the same in SQL. A test compares both on random offers.
    private static bool Suits(Offer offer, OfferAsk ask, DateTimeOffset at) =>
        offer.IsOpen
        && (offer.IsDated || !ask.IsReserved)
        && (ask.GpuModels.Count == 0 || ask.GpuModels.Contains(offer.GpuModelId))
        && (ask.MinGpuMemoryGib is not { } memory || offer.GpuMemoryGib >= memory)
        && (ask.Region is null || ask.Region == offer.Region)
        && ask.Gpus <= offer.MaxGpus
        && offer.StartsAt <= ask.StartsAt
        && (offer.EndsAt is not { } end || (at < end && ask.EndsAt <= end));
}
