using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Webhooks;

/// <summary>A row of <c>webhook_endpoints</c>: where somebody wants to be told of events.</summary>
public sealed class WebhookEndpoint : IVersioned
{
    public Guid Id { get; set; }

    /// <summary>organization, programme, provider, partner or platform: whose sight the endpoint has.</summary>
    public string OwnerKind { get; set; } = "";

    /// <summary>Null for the platform.</summary>
    public Guid? OwnerId { get; set; }

    public string Url { get; set; } = "";

    public string? Description { get; set; }

    /// <summary>Names of the catalogue; all when empty.</summary>
    public string[] Types { get; set; } = [];

    /// <summary>standard or cloudevents.</summary>
    public string Format { get; set; } = "";

    /// <summary>active, disabled or deleted.</summary>
    public string Status { get; set; } = "";

    /// <summary>Why it is disabled; null while it is not.</summary>
    public string? DisabledReason { get; set; }

    /// <summary>Encrypted by the key ring.</summary>
    public byte[] Secret { get; set; } = [];

    public byte[]? PreviousSecret { get; set; }

    public DateTimeOffset? PreviousSecretUntil { get; set; }

    public long Version { get; set; }

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class WebhookEndpointTable : IEntityTypeConfiguration<WebhookEndpoint>
{
    public void Configure(EntityTypeBuilder<WebhookEndpoint> table) => table.ToTable("webhook_endpoints").HasKey(row => row.Id);
}
