using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Access.Consents;

/// <summary>Ends consents, whoever ends them and why.</summary>
internal static class ConsentEnd
{
    /// <summary>
    /// Whether the caller ends a consent as one of the partner's own people. Whoever belongs to both sides, or administers the platform,
    /// ends it as the side that is asked again.
    /// </summary>
    public static bool IsByPartner(Caller caller, Consent row) =>
        row.PartnerId is { } partner
        && caller.Has(Roles.Partner, partner)
        && !caller.IsPlatformAdministrator
        && !(row.OrganizationId is { } organization && caller.Owns(organization))
        && !(row.PersonId is { } person && caller.OwnPerson == person);

    /// <summary>Ends it in the batch. Its organization was read.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="row">A consent that has not ended.</param>
    /// <param name="actor">Who ends it.</param>
    /// <param name="byPartner">Whether they do so as the partner's own people.</param>
    public static void End(BatchState batch, Consent row, Actor actor, bool byPartner = false)
    {
        if (EndAlone(batch, row, actor, byPartner) is { } organization)
            OrganizationPartner.Record(batch, actor, organization);
    }

    /// <summary>As <see cref="End"/>, for whoever changes the organization anyway: it gets one version and one event.</summary>
    /// <returns>The organization that lost its partner, which the caller records; null where none did.</returns>
    public static Organization? EndAlone(BatchState batch, Consent row, Actor actor, bool byPartner = false)
    {
        var at = batch.Tree(TreeId.Platform).At;
        (row.Status, row.EndedAt, row.EndedBy) = (ConsentStatus.Ended, at, actor.PrincipalId);
        row.EndedByPartner = byPartner;
        batch.Change(row, at);
        batch.RecordEvent(TreeId.Platform, actor, ConsentEvents.Ended, ConsentFacts.Of(row));
        if (
            row.OrganizationId is not { } id
            || row.GivenAt is null
            || batch.Rows<Organization>().FindKnown(new RowKey(id)) is not { } organization
            || organization.PartnerId != row.PartnerId
        )
            return null;
        organization.PartnerId = null;
        return organization;
    }
}

/// <summary>What an event says of a consent.</summary>
internal static class ConsentFacts
{
    public static ConsentData Of(Consent row) => new(row.Id, row.PartnerId, row.OrganizationId, row.PersonId, row.Version);
}
