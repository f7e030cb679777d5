using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access.KeyRing;

/// <summary>A row of <c>protection_keys</c>: a key of ASP.NET Core's Data Protection, which protects cursors.</summary>
public sealed class ProtectionKey
{
    public string Id { get; set; } = "";

    /// <summary>XML, its secret encrypted when a passphrase is configured.</summary>
    public string Document { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class ProtectionKeyTable : IEntityTypeConfiguration<ProtectionKey>
{
    public void Configure(EntityTypeBuilder<ProtectionKey> table)
    {
        table.ToTable("protection_keys").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
