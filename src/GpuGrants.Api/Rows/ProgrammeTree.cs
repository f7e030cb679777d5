using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>programme_trees</c>: the lock and the numbers of one tree.</summary>
public sealed class ProgrammeTree
{
    /// <summary>The tree's id, whatever its kind: a root programme's, a subject's, or zero for the platform (<c>TreeId</c>).</summary>
    public Guid Tree { get; set; }

    public long Version { get; set; }

    public long ConfigVersion { get; set; }

    public long TransferSequence { get; set; }

    public long EventSequence { get; set; }

    public DateTimeOffset LastAt { get; set; }
}

internal sealed class ProgrammeTreeTable : IEntityTypeConfiguration<ProgrammeTree>
{
    public void Configure(EntityTypeBuilder<ProgrammeTree> table)
    {
        table.ToTable("programme_trees").HasKey(row => row.Tree);
        table.Property(row => row.Tree).HasColumnName("root_programme_id");
    }
}
