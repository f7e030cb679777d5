using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.People;

/// <summary>Ends handovers, whoever ends them and why.</summary>
internal static class HandoverEnd
{
    /// <summary>Ends an open handover in the batch.</summary>
    /// <param name="row">The handover.</param>
    /// <param name="status">One of <see cref="HandoverStatus"/>, except open.</param>
    /// <param name="actor">Who ends it.</param>
    public static void End(BatchState batch, HandoverRow row, string status, Actor actor)
    {
        (row.Status, row.EndedAt, row.EndedBy) = (status, batch.Tree(TreeId.Platform).At, actor.PrincipalId);
        batch.Rows<HandoverRow>().Update(row);
    }

    /// <summary>Stops an open handover in the batch.</summary>
    public static void Stop(BatchState batch, HandoverRow row, Actor actor)
    {
        End(batch, row, HandoverStatus.Stopped, actor);
        batch.RecordEvent(TreeId.Platform, actor, HandoverEvents.Stopped, new HandoverData(row.Id, row.OrganizationId, row.Kind));
    }
}
