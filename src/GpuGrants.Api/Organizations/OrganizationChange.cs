using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Organizations;

/// <summary>What all commands that change an organization share.</summary>
internal static class OrganizationChange
{
    /// <summary>Refuses whatever would change an organization that is closed; null while it is not.</summary>
    public static Refusal? Refuse(Organization row) =>
        row.Status == OrganizationStatus.Closed
            ? Refusal.Conflict("organization-closed", "The organization is closed for good.", "status")
            : null;

    /// <summary>Refuses what only an active organization may do; null while it is. Its row must have been wanted.</summary>
    public static Refusal? RefuseInactive(BatchState batch, Guid organization) =>
        batch.Rows<Organization>().Find(new RowKey(organization)) is { Status: OrganizationStatus.Active } ? null : NotActive();

    /// <summary>The refusal of what only an active organization may do.</summary>
    public static Refusal NotActive() => Refusal.Conflict("organization-not-active", "The organization is suspended or closed.", "status");

    /// <summary>Writes the changed row in the batch, with its next version and its event.</summary>
    public static void Record(BatchState batch, Actor actor, Organization row, EventType<OrganizationData> type)
    {
        batch.Change(row, batch.Tree(TreeId.Platform).At);
        RecordEvent(batch, actor, row, type);
    }

    /// <summary>Writes the event of a change whose row is written elsewhere.</summary>
    public static void RecordEvent(BatchState batch, Actor actor, Organization row, EventType<OrganizationData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new OrganizationData(row.Id, row.Status, row.Version), row.Livemode);
}
