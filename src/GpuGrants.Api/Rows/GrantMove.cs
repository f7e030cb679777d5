using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grant_moves</c>: as which grant a moved one goes on.</summary>
public sealed class GrantMove
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>The grant as which it goes on. That one may have moved since.</summary>
    public Guid MovedGrantId { get; set; }
}

internal sealed class GrantMoveTable : IEntityTypeConfiguration<GrantMove>
{
    public void Configure(EntityTypeBuilder<GrantMove> table)
    {
        table.ToTable("grant_moves").HasKey(row => new { row.RootProgrammeId, row.GrantId });
        table.NeverUpdates();
    }
}
