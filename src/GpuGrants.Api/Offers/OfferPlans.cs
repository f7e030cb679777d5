using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Offers;

namespace GpuGrants.Api.Offers;

/// <summary>
/// What the offer of a grant on dated tranches promised, for commands on the grant. The offer may have ended, so that no configuration
/// lists it.
/// </summary>
internal static class OfferPlans
{
    /// <summary>Wants what <see cref="Of"/> needs.</summary>
    public static void Want(BatchState batch, TreeChanges tree, Grant grant)
    {
        LapsedQuotes.Plan(batch, tree);
        tree.WantPromises(grant.OfferId);
        if (batch.Rows<OfferRow>().TryRead(KeyOf(grant), out var offer) && offer is not null)
            OfferTranches.Plan(batch, offer);
    }

    /// <summary>The plan, with the grant as it is before the command changes it.</summary>
    public static PromisePlan Of(BatchState batch, TreeChanges tree, Grant grant)
    {
        LapsedQuotes.Close(batch, tree);
        return tree.PlanOf(grant.OfferId, OfferTranches.InForce(batch, batch.Rows<OfferRow>().Find(KeyOf(grant))!));
    }

    private static RowKey KeyOf(Grant grant) => new(grant.RootProgrammeId, grant.OfferId);
}
