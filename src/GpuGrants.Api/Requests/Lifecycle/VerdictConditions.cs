using GpuGrants.Api.Decisions;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// What a person's approval has to meet at the moment of the verdict: all conditions of an award and all rules that deny. Rules that ask
/// for a review are what the person answers.
/// </summary>
internal static class VerdictConditions
{
    /// <summary>Wants what <see cref="Refuse"/> reads of an open request.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Guid requestId)
    {
        if (!batch.Rows<Request>().TryRead(new RowKey(tree.RootProgrammeId, requestId), out var request) || request is null)
            return;
        batch.Rows<Organization>().Want(new RowKey(request.OrganizationId));
        ActiveProject.Plan(batch, request.ProjectId);
        batch.Table<AskerAges>().Want(request.RequestedBy);
        Renewals.Plan(batch, tree, request);
        PinnedContext.PlanVerdict(batch, tree, request.PinnedBy);
        if (tree.Config.Offers.FirstOrDefault(offer => offer.Id == request.OfferId) is { } offer)
            tree.WantPromises(offer);
        if (
            request.ChangesInPlace
            && batch.Rows<Grant>().TryRead(new RowKey(tree.RootProgrammeId, request.ChangesGrantId!.Value), out var grant)
            && grant is not null
        )
            GrantRules.Plan(batch, tree, grant);
    }

    /// <summary>Why the approval cannot be given; null when it can.</summary>
    /// <param name="tree">The request's tree.</param>
    /// <param name="request">A request in review.</param>
    /// <param name="time">What is approved.</param>
    /// <param name="lifts">Whether an override that comes with the approval lifts a rule's denial.</param>
    public static Refusal? Refuse(BatchState batch, TreeChanges tree, Request request, GpuTime time, Func<QuotaEvaluation, bool> lifts)
    {
        if (ActiveProject.CheckStill(batch, request.ProjectId, request.OrganizationId) is { } closed)
            return closed;
        if (Renewals.RefuseVerdict(batch, tree, request) is { } gone)
            return gone;
        var changed = request.ChangesInPlace
            ? batch.Rows<Grant>().Find(new RowKey(tree.RootProgrammeId, request.ChangesGrantId!.Value))
            : null;
        if (changed is not null && GrantAsk.RefuseOf(tree, changed, request) is { } over)
            return over;
        if (changed is not null && RefuseOthers(batch, tree, request, changed) is { } handed)
            return handed;
        var gpus = changed?.Gpus ?? request.Gpus;
        var organization = batch.Rows<Organization>().Find(new RowKey(request.OrganizationId))!;
        var programme = tree.Config.Programmes[request.ProgrammeId];
        var basis = AskBasis.ForVerdict(batch, tree, request);
        if (changed is not null)
            basis = basis.Changing(batch, tree, changed, request.Change!);
        var rate = Rate.FromMillicredits(request.MillicreditsPerGpuHour!.Value);
        var ask = changed is null
            ? (RequestDraft.Of(request) with { Time = time }).Ask(tree.At, organization)
            : GrantAsk.WantedOf(changed, organization, request.Change!, time, request.Life().To);
        // Other dates are asked for all that the grant has left by now, which may be more or less than when they were asked for.
        var isWhole = basis.Part == AskedPart.Dates;
        var counts = isWhole ? ask.Time : time;
        var quotas = QuotaDecision.Decide(
            PinnedContext.RulesOf(batch, tree, request.PinnedBy),
            new QuotaAsk(counts, rate, gpus, basis.IsCountedAlready, basis.LifeOf(ask)) { Part = basis.Part },
            basis.Counters,
            tree.At
        );
        Supply? supply = tree.Config.Offers.FirstOrDefault(offer => offer.Id == request.OfferId) is { } offer
            ? basis.SupplyOf(
                tree,
                new OfferMatching.Match(changed is null ? offer : GrantAsk.OfferFor(offer, changed, request.Change!), rate),
                ask,
                request.BudgetProgrammeId!.Value
            )
            : null;
        // A person approves other dates or not at all, so no smaller amount is advised.
        var most = isWhole ? GpuTime.Zero : supply?.MostOf(GpuTime.FromSeconds(request.GpuSeconds), quotas.MaxReviewable) ?? GpuTime.Zero;
        var applicant = Applicants.Of(organization, batch.Table<AskerAges>().AgeOf(request.RequestedBy), tree.At);
        List<Reason> reasons =
        [
            .. AwardConditions.AgainstApplicant(
                applicant,
                programme.Terms,
                changed is null ? ask : GrantAsk.WholeOf(changed, ask),
                tree.At
            ),
            .. AwardConditions.AgainstOffer(supply, ask, most),
        ];
        return VerdictRefusal.ForReviewer(reasons, [.. quotas.Denials.Where(one => !lifts(one))], most);
    }

    /// <summary>
    /// Whoever asked was judged by the limits of the project and the member who had the grant. Others have it now, and theirs may differ.
    /// </summary>
    private static Refusal? RefuseOthers(BatchState batch, TreeChanges tree, Request request, Grant grant)
    {
        var (asked, has) = (
            PinnedContext.RulesOf(batch, tree, request.PinnedBy).Context,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy).Context
        );
        return (asked.ProjectId, asked.MemberId) == (has.ProjectId, has.MemberId)
            ? null
            : Refusal.Conflict(
                "grant-handed-on",
                "The grant was handed to another project or member since this was asked. Deny the request. Whoever has the grant now "
                    + "can ask again.",
                "status"
            ) with
            {
                MessageKo =
                    "신청한 뒤에 지원이 다른 프로젝트 또는 구성원에게 넘어갔습니다. 신청을 거절해 주십시오. 지금 지원을 가진 쪽에서 다시 신청할 수 있습니다.",
            };
    }
}
