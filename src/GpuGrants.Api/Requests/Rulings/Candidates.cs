using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// The offers that suit a draft, cheapest first, each with the rules that would bear on it. A command finds them when it plans and uses
/// them when it decides, as long as the configuration, the organization and the draft are the same. What the commands before it took from
/// an offer in between is seen when the offer is tried.
/// </summary>
public sealed class Candidates
{
    /// <summary>The most offers that are tried for one request, cheapest first.</summary>
    public const int MaxOffers = 16;

    private readonly TreeConfig _config;
    private readonly RequestDraft _draft;
    private readonly (DateTimeOffset At, Guid Organization, string Kind, DateTimeOffset? VerifiedAt, Guid? Partner) _seen;

    private Candidates(TreeChanges tree, Organization organization, RequestDraft draft)
    {
        _config = tree.Config;
        _draft = draft;
        _seen = Seen(tree, organization);
    }

    public required IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Quotas)> Offers { get; init; }

    /// <summary>What bears on the request when no offer serves it.</summary>
    public required QuotaMatch WithoutOffer { get; init; }

    /// <summary>False while it is not known which of many offers are sold out.</summary>
    private bool IsWhole { get; init; }

    /// <summary>The earlier ones if they still hold, else new ones.</summary>
    public static Candidates Find(
        Candidates? earlier,
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Guid? projectId,
        Guid memberId,
        RequestDraft draft
    )
    {
        if (earlier is not null && earlier.Hold(tree, organization, draft))
            return earlier;
        QuotaMatch Quotas(Offer? offer) =>
            tree.Config.Quotas.Compiled.Match(OfferEvaluation.Context(tree, programme, organization, projectId, memberId, draft, offer));
        var offers = Suitable(tree, programme, draft, out var isWhole);
        return new Candidates(tree, organization, draft)
        {
            Offers = [.. offers.Select(match => (match, Quotas(match.Offer)))],
            WithoutOffer = Quotas(null),
            IsWhole = isWhole,
        };
    }

    private bool Hold(TreeChanges tree, Organization organization, RequestDraft draft) =>
        IsWhole && ReferenceEquals(_config, tree.Config) && _draft == draft && _seen == Seen(tree, organization);

    private static (DateTimeOffset, Guid, string, DateTimeOffset?, Guid?) Seen(TreeChanges tree, Organization organization) =>
        (tree.At, organization.Id, organization.Kind, organization.VerifiedAt, organization.PartnerId);

    /// <summary>
    /// Those that take this size and have time left come first; others can only explain a denial. Sold-out offers count only when there
    /// is nothing else.
    /// </summary>
    private static List<OfferMatching.Match> Suitable(TreeChanges tree, ProgrammeConfig programme, RequestDraft draft, out bool isWhole)
    {
        var suitable = OfferMatching.Suitable(tree.Config.Offers, programme.Path, draft.Ask(tree.At), tree.At);
        isWhole = true;
        if (suitable.Count <= MaxOffers)
            return suitable;
        // Whatever was not read yet is wanted here, and the next plan knows.
        foreach (var match in suitable)
            tree.WantAccount(match.Offer.CapacityAccountId);
        isWhole = !suitable.Exists(match => tree.WantedAccounts.Contains(match.Offer.CapacityAccountId));
        if (!isWhole)
            return [];
        var inStock = suitable.Where(match => !IsSoldOut(tree, match.Offer)).ToList();
        return
        [
            .. (inStock.Count > 0 ? inStock : suitable)
                .OrderBy(match => OfferMatching.TakesSize(match.Offer, draft.Time) ? 0 : 1)
                .Take(MaxOffers),
        ];
    }

    private static bool IsSoldOut(TreeChanges tree, Offer offer) =>
        (tree.FindAccount(offer.CapacityAccountId)?.Available ?? 0) < Math.Max(GpuTime.StepSeconds, offer.MinSize.Seconds);
}
