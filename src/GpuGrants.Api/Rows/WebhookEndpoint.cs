using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

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

    /// <summary>The client that last set its address. Null where none did, or where this was not kept yet.</summary>
    public string? UrlSetBy { get; set; }

    /// <summary>The client that was shown its secret. Null as above.</summary>
    public string? SecretMadeBy { get; set; }

    /// <summary>The clients through which <see cref="UrlSetBy"/> came at that time, as far as they may be forgotten since.</summary>
    public string[] UrlSetThrough { get; set; } = [];

    /// <summary>The same for <see cref="SecretMadeBy"/>.</summary>
    public string[] SecretMadeThrough { get; set; } = [];

    /// <summary>The client that made the previous secret, and those through which it came.</summary>
    public string[] PreviousSecretMadeThrough { get; set; } = [];

    public long Version { get; set; }

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class WebhookEndpointTable : IEntityTypeConfiguration<WebhookEndpoint>
{
    public void Configure(EntityTypeBuilder<WebhookEndpoint> table) => table.ToTable("webhook_endpoints").HasKey(row => row.Id);
}

/// <summary>The words of an endpoint's status, and why people disable it.</summary>
internal static class EndpointStatus
{
    public const string Active = "active";

    public const string Disabled = "disabled";

    public const string Deleted = "deleted";

    /// <summary>The reason where somebody disabled it and said no other.</summary>
    public const string ByHand = "Somebody disabled it.";
}
