namespace GpuGrants.Api.Webhooks;

/// <summary>One attempt to tell an endpoint of one event.</summary>
public sealed class WebhookDelivery
{
    /// <summary>Given when it is logged: the id of its part plus its place in it.</summary>
    public Guid Id { get; set; }

    public required Guid EndpointId { get; init; }

    public required Guid Tree { get; init; }

    /// <summary>The event's number in its tree; 0 for a ping.</summary>
    public required long Sequence { get; init; }

    public Guid EventId { get; set; }

    public string EventType { get; set; } = "";

    public required int Attempt { get; init; }

    public required string Url { get; init; }

    /// <summary>
    /// The body. The log keeps that of a ping alone: the body of an event follows from the event and the endpoint's format, which never
    /// change.
    /// </summary>
    public string Request { get; set; } = "";

    /// <summary>Null when there was no answer.</summary>
    public int? StatusCode { get; set; }

    public string? Error { get; set; }

    /// <summary>The first kilobyte of the answer's body.</summary>
    public string? Response { get; set; }

    public required DateTimeOffset StartedAt { get; init; }

    public int Milliseconds { get; set; }
}
