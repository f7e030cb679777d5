using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>A row of <c>signing_keys</c>: a key that signs tokens from one moment to another.</summary>
public sealed class SigningKey
{
    /// <summary>It signs access tokens, which let in here.</summary>
    public const string Access = "access";

    /// <summary>It signs grant tokens, which let in at providers.</summary>
    public const string Grant = "grant";

    public string Id { get; set; } = "";

    /// <summary>PKCS #8 as PEM, encrypted when a passphrase is configured.</summary>
    public string PrivateKey { get; set; } = "";

    /// <summary><see cref="Access"/> or <see cref="Grant"/>.</summary>
    public string Purpose { get; set; } = Access;

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ActiveFrom { get; set; }

    public DateTimeOffset RetiredFrom { get; set; }
}

internal sealed class SigningKeyTable : IEntityTypeConfiguration<SigningKey>
{
    public void Configure(EntityTypeBuilder<SigningKey> table)
    {
        table.ToTable("signing_keys").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
