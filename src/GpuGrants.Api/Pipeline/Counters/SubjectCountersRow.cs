using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>A row of <c>subject_counters</c>: all that was counted for one subject in one tree.</summary>
public sealed class SubjectCountersRow
{
    public Guid RootProgrammeId { get; set; }

    public string SubjectId { get; set; } = "";

    /// <summary>Grows by one with each write.</summary>
    public long Version { get; set; }

    /// <summary>As <see cref="PackedCounters"/> writes them.</summary>
    public byte[] Counters { get; set; } = [];
}

internal sealed class SubjectCountersTable : IEntityTypeConfiguration<SubjectCountersRow>
{
    public void Configure(EntityTypeBuilder<SubjectCountersRow> table) =>
        table.ToTable("subject_counters").HasKey(row => new { row.RootProgrammeId, row.SubjectId });
}
