using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>Which offers suit a request, the cheapest first.</summary>
public static class OfferMatching
{
    /// <summary>An offer that suits, and its rate at the moment of the decision.</summary>
    public readonly record struct Match(Offer Offer, Rate Rate);

    /// <summary>
    /// Every offer that the programme may draw on and that suits <paramref name="ask"/> whatever its size. The cheapest comes first, then the
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

    private static bool Suits(Offer offer, OfferAsk ask, DateTimeOffset at) =>
        offer.IsOpen
        && (ask.GpuModels.Count == 0 || ask.GpuModels.Contains(offer.GpuModelId))
        && (ask.MinGpuMemoryGib is not { } memory || offer.GpuMemoryGib >= memory)
        && (ask.Region is null || ask.Region == offer.Region)
        && ask.Gpus <= offer.MaxGpus
        && offer.StartsAt <= ask.StartsAt
        && (offer.EndsAt is not { } end || (at < end && ask.EndsAt <= end));
}
