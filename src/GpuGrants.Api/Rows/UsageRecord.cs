using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>usage_records</c>: GPU time used under a grant, as its provider reported it. Never changed.</summary>
public sealed class UsageRecord
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>The reporter's id: the same id sent again is the same record.</summary>
    public Guid Id { get; set; }

    public long GpuSeconds { get; set; }

    /// <summary>What it cost, in 1/3,600,000 credit.</summary>
    public long Credits { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset EndedAt { get; set; }

    /// <summary>The transfer that moved this GPU time, which may cover several records of one batch.</summary>
    public Guid TransferId { get; set; }

    public Guid ReportedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class UsageRecordTable : IEntityTypeConfiguration<UsageRecord>
{
    public void Configure(EntityTypeBuilder<UsageRecord> table)
    {
        table
            .ToTable("usage_records")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.GrantId,
                row.Id,
            });
        table.NeverUpdates();
    }
}
