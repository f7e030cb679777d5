using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>What the rules say to a change of a grant: the same conditions and limits as for an award.</summary>
internal static class GrantRules
{
    /// <summary>Wants what the rules read of a grant, and what a change of it moves.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        batch.Rows<Organization>().Want(new RowKey(grant.OrganizationId));
        GrantEnding.Plan(batch, tree, grant);
        if (grant.Mode is not null)
            tree.WantPromises(grant.OfferId);
        PinnedContext.PlanVerdict(batch, tree, grant.PinnedBy);
        if (batch.Rows<Request>().TryRead(new RowKey(tree.RootProgrammeId, grant.RequestId), out var request) && request is not null)
            batch.Table<AskerAges>().Want(grant.HolderId ?? request.RequestedBy);
    }

    /// <summary>The counters, or those given, as if nothing of the grant counted. Nothing is changed.</summary>
    public static CopiedCounters Without(BatchState batch, TreeChanges tree, Grant grant, IQuotaCounters? those = null)
    {
        var counters = new CopiedCounters(those ?? new BatchCounters(batch));
        var quotas = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        foreach (var fact in GrantLives.Out(tree, grant, TopUps.PartsOf(batch, grant)))
            quotas.Apply(fact, counters);
        return counters;
    }

    /// <summary>Why programme, organization and offer would not have the grant with these dates.</summary>
    /// <returns>Empty when they would.</returns>
    public static IReadOnlyList<DecisionReason> AgainstDates(BatchState batch, TreeChanges tree, Grant grant, GrantLife life)
    {
        var (supply, ask) = (SupplyOf(tree, grant, life), AskOf(grant, life));
        var most = supply is { } given && given.Capacity < ask.Time ? GpuTime.Zero : ask.Time;
        List<Reason> reasons =
        [
            .. AwardConditions.AgainstApplicant(ApplicantOf(batch, tree, grant), TermsOf(tree, grant), ask, tree.At),
            .. AwardConditions.AgainstOffer(supply, ask, most),
        ];
        return [.. reasons.Select(DecisionReason.Of)];
    }

    /// <summary>Who has the grant, as programmes look at them.</summary>
    public static Applicant ApplicantOf(BatchState batch, TreeChanges tree, Grant grant)
    {
        var request = batch.Rows<Request>().Find(new RowKey(tree.RootProgrammeId, grant.RequestId))!;
        var organization = batch.Rows<Organization>().Find(new RowKey(grant.OrganizationId))!;
        return Applicants.Of(organization, batch.Table<AskerAges>().AgeOf(grant.HolderId ?? request.RequestedBy), tree.At);
    }

    public static ProgrammeTerms TermsOf(TreeChanges tree, Grant grant) => tree.Config.Programmes[grant.ProgrammeId].Terms;

    /// <summary>The grant's offer, with what the grant has left as free, as far as it fits into the dates; null for none.</summary>
    private static Supply? SupplyOf(TreeChanges tree, Grant grant, GrantLife life)
    {
        if (tree.Config.Offers.FirstOrDefault(one => one.Id == grant.OfferId) is not { } offer)
            return null;
        var left = grant.Outstanding();
        // The sizes of grants were asked for at the award.
        var rate = Rate.FromMillicredits(grant.MillicreditsPerGpuHour);
        var supply = new Supply(offer with { MinSize = GpuTime.Zero, MaxSize = null }, rate, left, grant.CostOf(left));
        if (grant.ToPromise() is not { } promise)
            return supply;
        var (plan, moved) = (tree.PlanOf(offer), promise with { StartsAt = life.From, EndsAt = life.To });
        return supply with
        {
            Capacity = plan.MostInsteadOf(grant.Id, moved),
            ReservableGpus = promise.IsReserved ? plan.MostGpusFor(moved, grant.Id) : null,
        };
    }

    private static OfferAsk AskOf(Grant grant, GrantLife life) =>
        new()
        {
            Time = grant.Outstanding(),
            Gpus = life.Gpus,
            IsReserved = grant.Mode == GrantMode.Reserved,
            GpuModels = [],
            StartsAt = life.From,
            EndsAt = life.To,
        };
}
