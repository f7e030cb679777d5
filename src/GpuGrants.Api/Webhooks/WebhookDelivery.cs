using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Webhooks;

/// <summary>A row of <c>webhook_deliveries</c>: one attempt to tell an endpoint of one event.</summary>
public sealed class WebhookDelivery
{
    public Guid Id { get; set; }

    public Guid EndpointId { get; set; }

    public Guid Tree { get; set; }

    /// <summary>The event's number in its tree; 0 for a ping.</summary>
    public long Sequence { get; set; }

    public Guid EventId { get; set; }

    public string EventType { get; set; } = "";

    public int Attempt { get; set; }

    public string Url { get; set; } = "";

    /// <summary>
    /// The body of a ping. Empty for an event: its body follows from the event and the endpoint's format, which never change.
    /// </summary>
    public string Request { get; set; } = "";

    /// <summary>Null when there was no answer.</summary>
    public int? StatusCode { get; set; }

    public string? Error { get; set; }

    /// <summary>The first kilobyte of the answer's body.</summary>
    public string? Response { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public int Milliseconds { get; set; }
}

internal sealed class WebhookDeliveryTable : IEntityTypeConfiguration<WebhookDelivery>
{
    public void Configure(EntityTypeBuilder<WebhookDelivery> table)
    {
        table.ToTable("webhook_deliveries").HasKey(row => new { row.EndpointId, row.Id });
        table.NeverUpdates();
    }
}
