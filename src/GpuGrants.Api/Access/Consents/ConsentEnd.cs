using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Access.Consents;

/// <summary>Ends consents, whoever ends them and why.</summary>
internal static class ConsentEnd
{
    /// <summary>Ends it in the batch. Its organization was read.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="row">A consent that has not ended.</param>
    /// <param name="actor">Who ends it.</param>
    /// <param name="byPartner">Whether they do so as the partner's own people.</param>
    public static void End(BatchState batch, Consent row, Actor actor, bool byPartner = false)
    {
        var at = batch.Tree(TreeId.Platform).At;
        (row.Status, row.EndedAt, row.EndedBy) = (ConsentStatus.Ended, at, actor.PrincipalId);
        row.EndedByPartner = byPartner;
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

        batch.Happened(TreeId.Platform, actor, ConsentEvents.Ended, ConsentFacts.Of(row));
    }
}

/// <summary>What an event says of a consent.</summary>
internal static class ConsentFacts
{
    public static ConsentData Of(Consent row) => new(row.Id, row.PartnerId, row.OrganizationId, row.PersonId, row.Version);
}
