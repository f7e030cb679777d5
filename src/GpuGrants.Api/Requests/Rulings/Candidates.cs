using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// The offers that suit a draft, in the order of the programme's matching, each with the rules that would bear on it. A command finds them
/// when it plans and uses them when it decides, as long as the configuration, the organization and the draft are the same. What the
/// commands before it took from an offer in between is seen when the offer is tried.
/// </summary>
public sealed class Candidates
{
    /// <summary>The most offers that are tried for one request, in their order.</summary>
    public const int MaxOffers = 16;

    private readonly Func<RequestDraft, Offer?, QuotaMatch> _rulesOf;
    private readonly TreeChanges _tree;
    private readonly TreeConfig _config;
    private readonly RequestDraft _draft;
    private readonly Organization _organization;
    private readonly (DateTimeOffset At, string Country, SeenOrganization ByRules) _seen;

    private Candidates(
        TreeChanges tree,
        Organization organization,
        RequestDraft draft,
        (DateTimeOffset, string, SeenOrganization) seen,
        Func<RequestDraft, Offer?, QuotaMatch> rulesOf
    )
    {
        _rulesOf = rulesOf;
        (_tree, _config) = (tree, tree.Config);
        _draft = draft;
        _organization = organization;
        _seen = seen;
    }

    /// <summary>In the order in which they are tried.</summary>
    public required IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Rules)> Offers { get; set; }

    /// <summary>What bears on the request when no offer serves it.</summary>
    public required QuotaMatch WithoutOffer { get; init; }

    /// <summary>Offers that suit once one field is changed; empty while an offer may serve the draft as it is.</summary>
    public IReadOnlyList<(NearMiss Miss, QuotaMatch Rules)> NearMisses { get; private set; } = [];

    /// <summary>False while it is not known which of many offers are sold out.</summary>
    private bool IsWhole { get; init; }

    /// <summary>The earlier ones if they still hold, else new ones.</summary>
    public static Candidates Find(
        Candidates? earlier,
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Guid? projectId,
        Asker asker,
        RequestDraft draft
    )
    {
        // Offers also look at the country.
        var seen = (tree.PlannedAt, organization.Country, ByRules: SeenOrganization.Of(organization, tree.PlannedAt));
        if (earlier is not null && earlier.AreCurrent(tree, seen, draft))
            return earlier.Ordered(tree, programme);
        var asking = PresentContext.Of(tree.Id, programme.Path, seen.ByRules, projectId, asker, tree.At);
        QuotaMatch RulesOf(RequestDraft asked, Offer? offer) =>
            tree.Config.Quotas.Compiled.Match(asking.ServedBy(asked.Gpus, asked.Tags, offer));
        var offers = Suitable(tree, programme, organization, draft, out var isWhole);
        return new Candidates(tree, organization, draft, seen, RulesOf)
        {
            Offers = [.. offers.Select(match => (match, RulesOf(draft, match.Offer)))],
            WithoutOffer = RulesOf(draft, null),
            IsWhole = isWhole,
        };
    }

    /// <summary>
    /// Looks for offers that would serve the draft with one field changed, once it is known that none serves it as it is. A draft that an
    /// offer may serve costs one comparison.
    /// </summary>
    public void SeekNearMisses(TreeChanges tree, ProgrammeConfig programme)
    {
        if (NearMisses.Count > 0 || !IsWhole || _draft.OfferId is not null)
            return;
        foreach (var (match, _) in Offers)
        {
            if (MayServe(tree, match))
                return;
        }

        NearMisses =
        [
            .. OfferMatching
                .NearMisses(tree.Config.Offers, programme.Path, _draft.Ask(tree.At, _organization), tree.At)
                .Where(miss => OfferMatching.TakesSize(miss.Match.Offer, _draft.Time))
                .Take(MaxOffers)
                .Select(miss => (miss, _rulesOf(_draft.With(miss.Ask), miss.Match.Offer))),
        ];
    }

    /// <summary>True also while the offer's account was not read yet.</summary>
    private bool MayServe(TreeChanges tree, OfferMatching.Match match) =>
        OfferMatching.TakesSize(match.Offer, _draft.Time)
        && (tree.WantedAccounts.Contains(match.Offer.CapacityAccountId) || Available(tree, match.Offer) >= _draft.Time.Seconds);

    /// <summary>
    /// Whether they were found in what is there now. Between plan and decision it is so: rows and configuration keep their identity within
    /// a batch, and so does the moment of the plan. Otherwise others would be found, which nobody planned. Then the batch rolls back and
    /// runs again in parts. A batch that begins again has another tree, of which it has read nothing yet: what an earlier try found is not
    /// current there. A draft's arrays are compared by reference, because nobody changes one: whoever amends a draft gives it other arrays.
    /// </summary>
    private bool AreCurrent(TreeChanges tree, in (DateTimeOffset, string, SeenOrganization) seen, RequestDraft draft) =>
        IsWhole && ReferenceEquals(_tree, tree) && ReferenceEquals(_config, tree.Config) && _draft == draft && _seen == seen;

    /// <summary>
    /// Where a programme is fair, the order follows what the commands before this one took. The offers stay those that were planned.
    /// </summary>
    private Candidates Ordered(TreeChanges tree, ProgrammeConfig programme)
    {
        if (programme.Matching != MatchingPolicy.Fair || Offers.Count < 2)
            return this;
        var rules = Offers.ToDictionary(one => one.Match.Offer.Id, one => one.Rules);
        var matches = Offers.Select(one => one.Match).ToList();
        FairOrder.Sort(matches, Drawn(tree, programme), offer => Available(tree, offer));
        Offers = [.. matches.Select(match => (match, rules[match.Offer.Id]))];
        return this;
    }

    /// <summary>
    /// Those that take this size and have time left come first; others can only explain a denial. Sold-out offers count only when there
    /// is nothing else.
    /// </summary>
    private static List<OfferMatching.Match> Suitable(
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        RequestDraft draft,
        out bool isWhole
    )
    {
        var wanted = draft.Ask(tree.At, organization);
        var suitable = OfferMatching.Suitable(tree.Config.Offers, programme.Path, draft.Earliest(wanted) ?? wanted, tree.At);
        isWhole = true;
        if (draft.OfferId is { } only)
            suitable.RemoveAll(match => match.Offer.Id != only);
        var isFair = programme.Matching == MatchingPolicy.Fair && suitable.Count > 1;
        if (suitable.Count <= MaxOffers && !isFair)
            return suitable;
        isWhole = AreKnown(tree, isFair ? Drawn(tree, programme) : suitable.Select(match => match.Offer));
        if (!isWhole)
            return [];
        if (isFair)
            FairOrder.Sort(suitable, Drawn(tree, programme), offer => Available(tree, offer));
        if (suitable.Count <= MaxOffers)
            return suitable;
        var inStock = suitable.Where(match => !IsSoldOut(tree, match.Offer)).ToList();
        return
        [
            .. (inStock.Count > 0 ? inStock : suitable)
                .OrderBy(match => OfferMatching.TakesSize(match.Offer, draft.Time) ? 0 : 1)
                .Take(MaxOffers),
        ];
    }

    /// <summary>Whether it is known what these offers have left. Whatever was not read yet is wanted, and the next plan knows.</summary>
    private static bool AreKnown(TreeChanges tree, IEnumerable<Offer> offers)
    {
        var areKnown = true;
        foreach (var offer in offers)
        {
            tree.WantAccount(offer.CapacityAccountId);
            areKnown &= !tree.WantedAccounts.Contains(offer.CapacityAccountId);
        }

        return areKnown;
    }

    /// <summary>All offers that the programme draws on and that can serve somebody now.</summary>
    private static IEnumerable<Offer> Drawn(TreeChanges tree, ProgrammeConfig programme) =>
        tree.Config.Offers.Where(offer => programme.Path.Contains(offer.ProgrammeId) && OfferMatching.IsServing(offer, tree.At));

    private static long Available(TreeChanges tree, Offer offer) => tree.FindAccount(offer.CapacityAccountId)?.Available ?? 0;

    private static bool IsSoldOut(TreeChanges tree, Offer offer) =>
        Available(tree, offer) < Math.Max(GpuTime.StepSeconds, offer.MinSize.Seconds);
}
