using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grant_gpu_cuts</c>: from a moment on, a running grant has fewer GPUs.</summary>
public sealed class GrantGpuCut
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    public Guid Id { get; set; }

    public DateTimeOffset CutAt { get; set; }

    /// <summary>How many it gave back.</summary>
    public int Gpus { get; set; }
}

internal sealed class GrantGpuCutTable : IEntityTypeConfiguration<GrantGpuCut>
{
    public void Configure(EntityTypeBuilder<GrantGpuCut> table)
    {
        table
            .ToTable("grant_gpu_cuts")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.GrantId,
                row.Id,
            });
        table.NeverUpdates();
    }
}
