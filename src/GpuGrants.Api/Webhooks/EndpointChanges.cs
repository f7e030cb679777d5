using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Webhooks;

/// <summary>Changes of endpoints, by people and by the service, with their events.</summary>
internal static class EndpointChanges
{
    /// <summary>Changes an endpoint and records it, as disabled when that is new.</summary>
    /// <param name="actor">Who changes it.</param>
    /// <param name="id">The endpoint.</param>
    /// <param name="expected">The version that was read; null for any.</param>
    /// <param name="change">What changes.</param>
    /// <param name="plan">Wants what the change reads besides the endpoint.</param>
    /// <returns>The command; a deleted endpoint is not found.</returns>
    public static ChangeResource<WebhookEndpoint> Make(
        Actor actor,
        Guid id,
        ExpectedVersions? expected,
        Action<BatchState, WebhookEndpoint> change,
        Action<BatchState>? plan = null
    )
    {
        var wasDisabled = false;
        return new ChangeResource<WebhookEndpoint>
        {
            Tree = TreeId.Platform,
            Actor = actor,
            Key = new RowKey(id),
            ExpectedVersion = expected,
            Planning = plan,
            Changing = (batch, row) =>
            {
                if (row.Status == EndpointStatus.Deleted)
                    return Refusal.NotFound;
                wasDisabled = row.Status == EndpointStatus.Disabled;
                change(batch, row);
                return null;
            },
            Recording = (batch, row) =>
                RecordEvent(
                    batch,
                    actor,
                    row,
                    row.Status == EndpointStatus.Disabled && !wasDisabled ? WebhookEvents.Disabled : WebhookEvents.Updated
                ),
        };
    }

    public static void RecordEvent(BatchState batch, Actor actor, WebhookEndpoint row, EventType<WebhookEndpointData> type) =>
        batch.RecordEvent(
            TreeId.Platform,
            actor,
            type,
            new WebhookEndpointData(row.Id, row.OwnerKind, row.OwnerId, row.Status, row.Version)
        );
}
