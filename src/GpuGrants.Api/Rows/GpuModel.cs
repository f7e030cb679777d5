using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>gpu_models</c>.</summary>
public sealed class GpuModel : IVersioned
{
    public string Id { get; set; } = "";

    public string Name { get; set; } = "";

    public string GpuClass { get; set; } = "";

    public int MemoryGib { get; set; }

    public string Vendor { get; set; } = "";

    /// <summary>proposed, active or retired. A price list named a proposed one, and nothing is offered on it.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class GpuModelTable : IEntityTypeConfiguration<GpuModel>
{
    public void Configure(EntityTypeBuilder<GpuModel> table) => table.ToTable("gpu_models").HasKey(row => row.Id);
}
