using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>
/// Ends an invitation that nobody accepted in time: the address is forgotten, and those who may give the role learn of it.
/// </summary>
public sealed class LapseInvitation : Command<Guid>
{
    public required Guid InvitationId { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<AddressProof>().Want(new RowKey(InvitationId));

    public override void Plan(BatchState batch) => PlanAhead(batch);

    public override Outcome<Guid> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (
            batch.Rows<AddressProof>().Find(new RowKey(InvitationId)) is not { UsedAt: null, WithdrawnAt: null, LapsedAt: null } row
            || at < row.ExpiresAt
        )
            return Refusal.Conflict("changed-meanwhile", "The invitation has ended meanwhile.");
        (row.LapsedAt, row.Details) = (at, null);
        batch.Rows<AddressProof>().Update(row);
        RecordEvent(batch, Actor, InvitationEvents.Expired, row);
        return row.Id;
    }

    /// <summary>Records an event of an invitation.</summary>
    internal static void RecordEvent(BatchState batch, Actor actor, Events.EventType<InvitationData> type, AddressProof row) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new InvitationData(row.Id, row.Role!, row.ResourceId));
}
