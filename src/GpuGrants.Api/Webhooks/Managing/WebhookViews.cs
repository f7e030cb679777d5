namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>Where somebody wants to be told of events.</summary>
public sealed record WebhookEndpointView
{
    public required Guid Id { get; init; }

    /// <summary>Whose sight the endpoint has: organization, programme, provider, partner or platform.</summary>
    public required string OwnerKind { get; init; }

    /// <summary>The id of the organization, programme, provider or partner; null for the platform.</summary>
    public required Guid? OwnerId { get; init; }

    /// <summary>Where events are posted to.</summary>
    /// <example>https://example.org/webhooks</example>
    public required string Url { get; init; }

    /// <summary>What it is for.</summary>
    public required string? Description { get; init; }

    /// <summary>The types of events that are sent; all when empty.</summary>
    /// <example>["request.approved"]</example>
    public required string[] Types { get; init; }

    /// <summary>standard for Standard Webhooks, cloudevents for CloudEvents 1.0 with the same signature.</summary>
    public required string Format { get; init; }

    /// <summary>active, disabled or deleted.</summary>
    public required string Status { get; init; }

    /// <summary>Why it is disabled; null while it is not.</summary>
    public required string? DisabledReason { get; init; }

    /// <summary>The signing secret. Shown once, when it was made; null afterwards.</summary>
    /// <example>whsec_shown-once</example>
    public required string? Secret { get; init; }

    /// <summary>The client that last set its url; null where that is not known.</summary>
    public required string? UrlSetBy { get; init; }

    /// <summary>The client that was shown its secret; null where that is not known.</summary>
    public required string? SecretMadeBy { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static WebhookEndpointView Of(WebhookEndpoint row) => Of(row, null);

    public static WebhookEndpointView Of(WebhookEndpoint row, string? secret) =>
        new()
        {
            Id = row.Id,
            OwnerKind = row.OwnerKind,
            OwnerId = row.OwnerId,
            Url = row.Url,
            Description = row.Description,
            Types = row.Types,
            Format = row.Format,
            Status = row.Status,
            DisabledReason = row.DisabledReason,
            Secret = secret,
            UrlSetBy = row.UrlSetBy,
            SecretMadeBy = row.SecretMadeBy,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>One attempt to tell an endpoint of one event.</summary>
public sealed record WebhookDeliveryView
{
    public required Guid Id { get; init; }

    /// <summary>The event, as the header webhook-id names it.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The event's type.</summary>
    /// <example>request.approved</example>
    public required string EventType { get; init; }

    /// <summary>Which attempt it was, from 1 on.</summary>
    public required int Attempt { get; init; }

    /// <summary>Where it was posted to.</summary>
    /// <example>https://example.org/webhooks</example>
    public required string Url { get; init; }

    /// <summary>The body that was sent.</summary>
    public required string Request { get; init; }

    /// <summary>The answer's status; null when there was no answer.</summary>
    public required int? StatusCode { get; init; }

    /// <summary>Why there was no answer; null when there was one.</summary>
    public required string? Error { get; init; }

    /// <summary>The first kilobyte of the answer.</summary>
    public required string? Response { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required int Milliseconds { get; init; }

    public static WebhookDeliveryView Of(WebhookDelivery row) =>
        new()
        {
            Id = row.Id,
            EventId = row.EventId,
            EventType = row.EventType,
            Attempt = row.Attempt,
            Url = row.Url,
            Request = row.Request,
            StatusCode = row.StatusCode,
            Error = row.Error,
            Response = row.Response,
            StartedAt = row.StartedAt,
            Milliseconds = row.Milliseconds,
        };
}
