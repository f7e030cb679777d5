using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>
/// A row of <c>quota_facts</c>: what happened, as counters see it. One row stands for up to three facts of one instant, such as a request
/// that was made, closed and granted at once. <c>FactRows</c> packs and unpacks them.
/// </summary>
public sealed class QuotaFactRow
{
    public Guid RootProgrammeId { get; set; }

    public long EventSequence { get; set; }

    public int Ordinal { get; set; }

    public string Kind { get; set; } = "";

    /// <summary>The decision whose snapshot pins the context. Its column is <c>context_id</c>.</summary>
    public Guid PinnedBy { get; set; }

    public DateTimeOffset At { get; set; }

    public DateTimeOffset CountsAt { get; set; }

    public long GpuSeconds { get; set; }

    public long Credits { get; set; }

    public int Gpus { get; set; }

    public bool IsWhole { get; set; }

    /// <summary>When the grant or hold may be used; null when the fact is about none.</summary>
    public DateTimeOffset? LifeFrom { get; set; }

    public DateTimeOffset? LifeTo { get; set; }

    /// <summary>GPU-seconds that the grant or hold had left before; null for none.</summary>
    public long? OutstandingSeconds { get; set; }

    /// <summary>Of use that counts evenly until <see cref="CountsAt"/>: its beginning.</summary>
    public DateTimeOffset? UsedFrom { get; set; }
}

internal sealed class QuotaFactTable : IEntityTypeConfiguration<QuotaFactRow>
{
    public void Configure(EntityTypeBuilder<QuotaFactRow> table)
    {
        table
            .ToTable("quota_facts")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.EventSequence,
                row.Ordinal,
            });
        table.Property(row => row.PinnedBy).HasColumnName("context_id");
        table.NeverUpdates();
    }
}
