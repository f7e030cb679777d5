using System.Text;
using GpuGrants.Api.Events;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>What is sent to an endpoint: the same bytes on each attempt.</summary>
/// <param name="Tree">The event's tree, as rows store it.</param>
/// <param name="Sequence">The event's number in it; 0 for a ping.</param>
/// <param name="EventId">The <c>webhook-id</c>.</param>
/// <param name="Type">The event's type.</param>
/// <param name="Resource">Type and id of its resource; events of one come in order.</param>
/// <param name="Body">JSON.</param>
/// <param name="ContentType">That of the format.</param>
internal sealed record WebhookMessage(Guid Tree, long Sequence, Guid EventId, string Type, string Resource, byte[] Body, string ContentType)
{
    /// <summary>The trace of the call by which the event came about; null for none.</summary>
    public string? Traceparent { get; init; }

    /// <summary>The type of what is no event.</summary>
    public const string PingType = "webhook.ping";

    /// <summary>The event's id as <c>webhook-id</c> says it, made once for all endpoints.</summary>
    public string Id { get; } = EventId.ToString();

    private const string CloudEvents = "application/cloudevents+json; charset=utf-8";
    private const string Plain = "application/json; charset=utf-8";

    /// <summary>The body as text, as deliveries show it.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>What a delivery keeps of the body: nothing where the event has it.</summary>
    public string Kept => Sequence == 0 ? Text : "";

    /// <summary>The message of an event in a format: <c>cloudevents</c> or <c>standard</c>.</summary>
    public static WebhookMessage Of(string format, Event row)
    {
        var view = EventView.Of(row);
        var resource = $"{row.ResourceType}/{row.ResourceId}";
        var isCloud = format == "cloudevents";
        return new WebhookMessage(
            row.RootProgrammeId,
            row.Sequence,
            row.Id,
            row.Type,
            resource,
            isCloud ? CloudOf(view, resource) : StandardOf(view),
            isCloud ? CloudEvents : Plain
        )
        {
            Traceparent = row.Traceparent,
        };
    }

    /// <summary>A message that only tries the way.</summary>
    public static WebhookMessage Ping(WebhookEndpoint endpoint, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        var body = new
        {
            type = PingType,
            timestamp = at,
            data = new { webhookEndpointId = endpoint.Id },
        };
        return new WebhookMessage(Guid.Empty, 0, id, body.type, $"webhook-endpoint/{endpoint.Id}", ApiJson.Write(body), Plain);
    }

    /// <summary>Type, timestamp and data, as Standard Webhooks recommends, and who and where beside them.</summary>
    private static byte[] StandardOf(EventView one) =>
        ApiJson.Write(
            new
            {
                type = one.Type,
                timestamp = one.OccurredAt,
                data = one.Data,
                version = one.Version,
                id = one.Id,
                rootProgrammeId = one.RootProgrammeId,
                sequence = one.Sequence,
                resourceType = one.ResourceType,
                resourceId = one.ResourceId,
                organizationId = one.OrganizationId,
                actorId = one.ActorId,
                onBehalfOf = one.OnBehalfOf,
                traceparent = one.Traceparent,
                requestName = one.RequestName,
                livemode = one.Livemode,
            }
        );

    private static byte[] CloudOf(EventView one, string resource) =>
        ApiJson.Write(
            new Dictionary<string, object?>
            {
                ["specversion"] = "1.0",
                ["id"] = one.Id,
                ["source"] = one.RootProgrammeId is { } root ? $"/v1/programmes/{root}" : "/v1",
                ["type"] = one.Type,
                ["time"] = one.OccurredAt,
                ["subject"] = resource,
                ["datacontenttype"] = "application/json",
                ["dataversion"] = one.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["sequence"] = one.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["traceparent"] = one.Traceparent,
                ["data"] = one.Data,
            }
                .Where(pair => pair.Value is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value)
        );
}
