using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Ends a consent, or takes back its code. From the commit on the partner acts for them no more.</summary>
internal sealed class EndConsent : Command<Consent>
{
    public required Guid ConsentId { get; init; }

    /// <summary>The organization that the endpoint saw, if any.</summary>
    public required Guid? OrganizationId { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Consent>().Want(new RowKey(ConsentId));
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        // Somebody may have used the code meanwhile.
        if (batch.Rows<Consent>().TryRead(new RowKey(ConsentId), out var row) && row?.OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<Consent> Decide(BatchState batch)
    {
        if (batch.Rows<Consent>().Find(new RowKey(ConsentId)) is not { } row)
            return Refusal.NotFound;
        if (row.Status == ConsentStatus.Ended)
            return Refusal.Conflict("consent-ended", "The consent has ended already.", "status");
        End(batch, row, Actor, Tree);
        return row;
    }

    /// <summary>Ends it in the batch. Its organization was read.</summary>
    internal static void End(BatchState batch, Consent row, Actor actor, TreeId tree)
    {
        var at = batch.Tree(tree).At;
        (row.Status, row.EndedAt, row.EndedBy) = (ConsentStatus.Ended, at, actor.PrincipalId);
        (row.Version, row.UpdatedAt) = (row.Version + 1, at);
        batch.Rows<Consent>().Update(row);
        if (
            row.OrganizationId is { } id
            && row.GivenAt is not null
            && batch.Rows<Organization>().FindKnown(new RowKey(id)) is { } organization
            && organization.PartnerId == row.PartnerId
        )
        {
            organization.PartnerId = null;
            (organization.Version, organization.UpdatedAt) = (organization.Version + 1, at);
            batch.Rows<Organization>().Update(organization);
        }

        batch.Happened(tree, actor, ConsentEvents.Ended, ConsentFacts.Of(row));
    }
}
