using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.Access.Consents;

/// <summary>The partner in whose tree an organization's own requests count. Consents set and clear it.</summary>
internal static class OrganizationPartner
{
    /// <summary>Writes the organization, with its next version and the event by which followers learn of it.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="actor">Who gave or ended the consent.</param>
    /// <param name="row">The organization, with its new partner or none.</param>
    public static void Record(BatchState batch, Actor actor, Organization row)
    {
        batch.Change(row, batch.Tree(TreeId.Platform).At);
        batch.RecordEvent(
            TreeId.Platform,
            actor,
            OrganizationEvents.Updated,
            new OrganizationData(row.Id, row.Status, row.Version),
            row.Livemode
        );
    }
}
