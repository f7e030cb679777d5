using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>The offers that do not serve a request, each with its reason.</summary>
internal static class PassedOffers
{
    /// <summary>The most that an answer lists.</summary>
    public const int Max = 50;

    /// <summary>
    /// Offers that were tried and are not the best one; where all are asked for, the programme's other open ones too. When none suits, they
    /// are all that there is to tell.
    /// </summary>
    /// <param name="candidates">Those that suit, in their order.</param>
    /// <param name="tried">In the order in which they were tried.</param>
    /// <param name="best">The one that serves the request, or came closest.</param>
    /// <param name="wanted">What was asked for, where all offers are listed; null for those that were tried.</param>
    /// <returns>
    /// At most <see cref="Max"/> of those that were tried. All where all are listed: the answer leaves out those that its caller may not
    /// read, and then has as many at most.
    /// </returns>
    public static IReadOnlyList<PassedOffer> Of(
        TreeChanges tree,
        ProgrammeConfig programme,
        Candidates candidates,
        List<OfferEvaluation> tried,
        OfferEvaluation? best,
        OfferAsk? wanted
    )
    {
        if (wanted is null && tried.Count < 2)
            return [];
        var passed = new List<PassedOffer>();
        foreach (var one in tried)
            if (one != best)
                passed.Add(Of(one));
        if (wanted is not null)
            passed.AddRange(Others(tree, programme, candidates, tried, best, wanted));
        return wanted is not null || passed.Count <= Max ? passed : passed[..Max];
    }

    private static PassedOffer Of(OfferEvaluation one) =>
        (one.Obstacles.Count > 0 ? one.Obstacles[0] : one.TieReasons.Concat(one.ReasonsOfQuotas).FirstOrDefault()) is { } reason
            ? new PassedOffer(one.Match.Offer.Id, reason.Code, reason.Message, reason.MessageKo)
            : Of(one.Match.Offer, PassedOver.NotTried);

    private static IEnumerable<PassedOffer> Others(
        TreeChanges tree,
        ProgrammeConfig programme,
        Candidates candidates,
        List<OfferEvaluation> tried,
        OfferEvaluation? best,
        OfferAsk wanted
    )
    {
        var known = tried.Select(one => one.Match.Offer.Id).ToHashSet();
        var behind = candidates.Offers.Select(one => one.Match.Offer.Id).ToHashSet();
        foreach (var offer in tree.Config.Offers)
        {
            if (!programme.Path.Contains(offer.ProgrammeId) || known.Contains(offer.Id) || !OfferMatching.IsServing(offer, tree.At))
                continue;
            if (OfferMatching.Mismatch(offer, wanted, tree.At) is { } mismatch)
                yield return Of(offer, PassedOver.Of(mismatch, offer));
            else if (best?.Verdict != QuotaVerdict.Approve || !behind.Contains(offer.Id))
                yield return Of(offer, PassedOver.NotTried);
            else
                yield return Of(offer, Later(programme, offer, best.Match.Offer));
        }
    }

    /// <summary>Why an offer comes behind the one that serves.</summary>
    private static PassedOver Later(ProgrammeConfig programme, Offer offer, Offer serving) =>
        programme.Matching == MatchingPolicy.Fair && offer.ProviderId != serving.ProviderId ? PassedOver.ServedMore : PassedOver.Dearer;

    private static PassedOffer Of(Offer offer, PassedOver why) => new(offer.Id, why.Code, why.Message, why.MessageKo);
}
