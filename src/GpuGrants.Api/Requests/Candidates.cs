using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline;
using GpuGrants.Offers;

namespace GpuGrants.Api.Requests;

/// <summary>
/// The offers that suit a draft, cheapest first, each with the rules that would bear on it. A command finds them when it plans, and uses
/// them when it decides unless something changed meanwhile.
/// </summary>
public sealed class Candidates
{
    /// <summary>The most offers tried for one request. Dearer ones are not examined.</summary>
    public const int MaxOffers = 16;

    private readonly TreeConfig _config;
    private readonly (DateTimeOffset At, Guid Organization, string Kind, DateTimeOffset? VerifiedAt, Guid? Partner) _seen;

    private Candidates(TreeChanges tree, Organization organization)
    {
        _config = tree.Config;
        _seen = Seen(tree, organization);
    }

    public required IReadOnlyList<(OfferMatching.Match Match, QuotaMatch Quotas)> Offers { get; init; }

    /// <summary>What bears on the request when no offer serves it.</summary>
    public required QuotaMatch WithoutOffer { get; init; }

    /// <summary>The earlier ones if they are still valid, otherwise new ones.</summary>
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
        if (earlier is not null && ReferenceEquals(earlier._config, tree.Config) && earlier._seen == Seen(tree, organization))
            return earlier;
        QuotaMatch Quotas(Offer? offer) =>
            tree.Config.Quotas.Compiled.Match(OfferEvaluation.Context(tree, programme, organization, projectId, memberId, draft, offer));
        return new Candidates(tree, organization)
        {
            Offers = [.. Suitable(tree, programme, draft).Select(match => (match, Quotas(match.Offer)))],
            WithoutOffer = Quotas(null),
        };
    }

    private static (DateTimeOffset, Guid, string, DateTimeOffset?, Guid?) Seen(TreeChanges tree, Organization organization) =>
        (tree.At, organization.Id, organization.Kind, organization.VerifiedAt, organization.PartnerId);

    private static List<OfferMatching.Match> Suitable(TreeChanges tree, ProgrammeConfig programme, RequestDraft draft)
    {
        var suitable = OfferMatching.Suitable(tree.Config.Offers, programme.Path, draft.Ask(tree.At), tree.At);
        // Offers that take this size first: those that do not can only explain a denial.
        return suitable.Count <= MaxOffers
            ? suitable
            : [.. suitable.OrderBy(match => OfferMatching.TakesSize(match.Offer, draft.Time) ? 0 : 1).Take(MaxOffers)];
    }
}
