using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>What every end of a dispute does.</summary>
internal static class DisputeSteps
{
    public static void Close(BatchState batch, UsageDispute dispute, Actor actor, string status, string? reason, DateTimeOffset at)
    {
        dispute.Status = status;
        dispute.DecisionReason = reason;
        dispute.DecidedBy = actor.PrincipalId;
        dispute.DecidedAt = at;
        batch.Change(dispute, at);
    }

    public static void Tell(
        BatchState batch,
        TreeId tree,
        Actor actor,
        EventType<UsageDisputeData> type,
        UsageDispute dispute,
        bool livemode
    ) =>
        batch.RecordEvent(
            tree,
            actor,
            type,
            new UsageDisputeData(dispute.GrantId, dispute.OrganizationId, dispute.Id, dispute.RecordId, dispute.Status, dispute.GpuSeconds),
            livemode
        );
}
