using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>api_clients</c>: credentials by which a principal gets tokens.</summary>
public sealed class ApiClient : IVersioned, IAuthorizes
{
    public Guid Id { get; set; }

    public string ClientId { get; set; } = "";

    public Guid PrincipalId { get; set; }

    public Guid? OrganizationId { get; set; }

    public string Name { get; set; } = "";

    public string[] Scopes { get; set; } = [];

    /// <summary>SHA-256 of the secret.</summary>
    public byte[] SecretHash { get; set; } = [];

    public byte[]? PreviousSecretHash { get; set; }

    public DateTimeOffset? PreviousSecretUntil { get; set; }

    /// <summary>active or revoked.</summary>
    public string Status { get; set; } = "";

    public DateTimeOffset? ExpiresAt { get; set; }

    public Guid CreatedBy { get; set; }

    /// <summary>The client through which it was made; null for the first administrator's, and where an external issuer makes the
    /// tokens.</summary>
    public string? MadeBy { get; set; }

    /// <summary>The client through which its secret was made last; null where a mailed code or nobody's client stands behind it.</summary>
    public string? SecretMadeBy { get; set; }

    /// <summary>The same of the secret before that.</summary>
    public string? PreviousSecretMadeBy { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid IAuthorizes.HolderId => PrincipalId;
}

internal sealed class ApiClientTable : IEntityTypeConfiguration<ApiClient>
{
    public void Configure(EntityTypeBuilder<ApiClient> table) => table.ToTable("api_clients").HasKey(row => row.Id);
}
