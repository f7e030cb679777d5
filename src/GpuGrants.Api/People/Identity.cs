using GpuGrants.Api.Access;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People;

/// <summary>A row of <c>identities</c>: which person was proved to have an address.</summary>
public sealed class Identity
{
    /// <summary>A keyed hash of the folded address: see <see cref="IdentityKey"/>.</summary>
    public string Hash { get; set; } = "";

    public Guid PersonId { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>When the person moved to another address; null for the present one.</summary>
    public DateTimeOffset? Until { get; set; }
}

internal sealed class IdentityTable : IEntityTypeConfiguration<Identity>
{
    public void Configure(EntityTypeBuilder<Identity> table)
    {
        table.ToTable("identities").HasKey(row => row.Hash);
        table.Property(row => row.Hash).HasColumnName("identity");
        table.UpdatesOnly(row => new { row.Since, row.Until });
    }
}
