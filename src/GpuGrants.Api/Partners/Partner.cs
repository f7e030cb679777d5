using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Partners;

/// <summary>A row of <c>partners</c>: a portal that acts for organizations which enrolled through it.</summary>
public sealed class Partner : IVersioned
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";

    /// <summary>active, suspended or closed.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PartnerTable : IEntityTypeConfiguration<Partner>
{
    public void Configure(EntityTypeBuilder<Partner> table) => table.ToTable("partners").HasKey(row => row.Id);
}
