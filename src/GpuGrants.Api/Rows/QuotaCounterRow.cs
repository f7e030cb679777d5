using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>quota_counters</c>: what was counted for one subject.</summary>
public sealed class QuotaCounterRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid SignatureId { get; set; }

    public string SubjectId { get; set; } = "";

    public long[] Starts { get; set; } = [];

    public long[] Used { get; set; } = [];

    public long[] Held { get; set; } = [];

    public long[] Carried { get; set; } = [];
}

internal sealed class QuotaCounterTable : IEntityTypeConfiguration<QuotaCounterRow>
{
    public void Configure(EntityTypeBuilder<QuotaCounterRow> table) =>
        table
            .ToTable("quota_counters")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.SubjectId,
                row.SignatureId,
            });
}
