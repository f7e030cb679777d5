using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grant_handovers</c>: for whom a grant counted until it was handed on. Never changed.</summary>
public sealed class GrantHandover
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>From 1 on, in the order of time.</summary>
    public int Number { get; set; }

    public DateTimeOffset HandedAt { get; set; }

    /// <summary>The decision that pins the context in which it counted until then. Its column is <c>context_id</c>.</summary>
    public Guid PinnedBy { get; set; }
}

internal sealed class GrantHandoverTable : IEntityTypeConfiguration<GrantHandover>
{
    public void Configure(EntityTypeBuilder<GrantHandover> table)
    {
        table
            .ToTable("grant_handovers")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.GrantId,
                row.Number,
            });
        table.Property(row => row.PinnedBy).HasColumnName("context_id");
        table.NeverUpdates();
    }
}
