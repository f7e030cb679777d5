namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to webhook endpoints.</summary>
public static class WebhookEvents
{
    private const string Resource = "webhook-endpoint";

    public static readonly EventType<WebhookEndpointData> Created = new(
        "webhook-endpoint.created",
        Resource,
        "Somebody wants to be told of events."
    );

    public static readonly EventType<WebhookEndpointData> Updated = new(
        "webhook-endpoint.updated",
        Resource,
        "A webhook endpoint was changed, enabled or deleted, or got a new secret."
    );

    public static readonly EventType<WebhookEndpointData> Failing = new(
        "webhook-endpoint.failing",
        Resource,
        "A webhook endpoint has taken nothing for three days."
    );

    public static readonly EventType<WebhookEndpointData> Disabled = new(
        "webhook-endpoint.disabled",
        Resource,
        "A webhook endpoint was disabled."
    );
}

/// <param name="WebhookEndpointId">The endpoint.</param>
/// <param name="OwnerKind">organization, programme, provider, partner or platform.</param>
/// <param name="AtId">The owner; null for the platform.</param>
/// <param name="Status">The endpoint's status after it.</param>
/// <param name="Version">The endpoint's version after it.</param>
public sealed record WebhookEndpointData(Guid WebhookEndpointId, string OwnerKind, Guid? AtId, string Status, long Version) : IEventData
{
    string IEventData.ResourceId => WebhookEndpointId.ToString();
}
