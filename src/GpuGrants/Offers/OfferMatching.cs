using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>Which offers suit a request, and in which order they are tried.</summary>
public static class OfferMatching
{
    /// <summary>An offer that suits, and its rate at the moment of the decision.</summary>
    public readonly record struct Match(Offer Offer, Rate Rate);

    /// <summary>
    /// Every offer that the programme may draw on and that suits <paramref name="ask"/> whatever its size. The cheapest comes first, then
    /// the lowest id, so that every replica chooses alike.
    /// </summary>
    /// <param name="offers">All offers of the tree.</param>
    /// <param name="programmePath">The programme, its parent, and so on up to the root.</param>
    /// <param name="ask">What is wanted.</param>
    /// <param name="at">The moment of the decision.</param>
    public static List<Match> Suitable(IReadOnlyList<Offer> offers, IReadOnlyList<Guid> programmePath, OfferAsk ask, DateTimeOffset at)
    {
        var matches = new List<Match>();
        foreach (var offer in offers)
            if (programmePath.Contains(offer.ProgrammeId) && Mismatch(offer, ask, at) is null && offer.RateAt(at) is { } rate)
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
                && ServesApplicant(offer, ask)
                && (offer.EndsAt is not { } end || at < end)
                && offer.RateAt(at) is { } rate
                && NearMiss.Of(new Match(offer, rate), ask) is { } miss
            )
                misses.Add(miss);
        misses.Sort(static (a, b) => ByPrice(a.Match, b.Match));
        return misses;
    }

    /// <summary>The order of prices, and of ids where prices are the same.</summary>
    internal static int ByPrice(Match a, Match b) =>
        (a.Rate.CompareTo(b.Rate), a.Offer.Id.CompareTo(b.Offer.Id)) switch
        {
            (0, var byId) => byId,
            var (byRate, _) => byRate,
        };

    /// <summary>Whether the offer takes a grant of <paramref name="size"/>.</summary>
    public static bool TakesSize(Offer offer, GpuTime size) => size >= offer.MinSize && (offer.MaxSize is not { } max || size <= max);

    /// <summary>Whether the offer's provider serves organizations such as the one that asks.</summary>
    public static bool ServesApplicant(Offer offer, OfferAsk ask) =>
        (offer.Kinds.Count == 0 || ask.Kind is null || offer.Kinds.Contains(ask.Kind))
        && (offer.Countries.Count == 0 || ask.Country is null || offer.Countries.Contains(ask.Country));

    /// <summary>Whether the offer serves anybody at the moment: it is open, has not ended, and has a rate.</summary>
    public static bool IsServing(Offer offer, DateTimeOffset at) => offer.IsOpen && !(offer.EndsAt <= at) && offer.RateAt(at) is not null;

    /// <summary>What keeps the offer from suiting an ask whatever its size; the first of several.</summary>
    /// <returns>Null when the offer suits.</returns>
    // ProgrammeRanking of the service asks the same in SQL. A test compares both on random offers.
    public static OfferMismatch? Mismatch(Offer offer, OfferAsk ask, DateTimeOffset at) =>
        !IsServing(offer, at) ? OfferMismatch.NotOpen
        : !ServesApplicant(offer, ask) ? OfferMismatch.NotForApplicant
        : ask.GpuModels.Count > 0 && !ask.GpuModels.Contains(offer.GpuModelId) ? OfferMismatch.OtherModel
        : offer.GpuMemoryGib < ask.MinGpuMemoryGib ? OfferMismatch.TooLittleMemory
        : ask.Region is not null && ask.Region != offer.Region ? OfferMismatch.OtherRegion
        : ask.Gpus > offer.MaxGpus ? OfferMismatch.TooFewGpus
        : ask.IsReserved && !offer.IsDated ? OfferMismatch.NothingToReserve
        : offer.StartsAt > ask.StartsAt ? OfferMismatch.StartsTooLate
        : offer.EndsAt < ask.EndsAt ? OfferMismatch.EndsTooEarly
        : null;
}
