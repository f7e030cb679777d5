using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>usage_revisions</c>: a usage record as it was before a correction, with the reason. Never changed.</summary>
public sealed class UsageRevision
{
    public Guid RootProgrammeId { get; set; }

    public Guid ProviderId { get; set; }

    public Guid RecordId { get; set; }

    /// <summary>The version of the record that was replaced.</summary>
    public long Version { get; set; }

    /// <summary>Thousandths of a GPU.</summary>
    public int MilliGpus { get; set; }

    public long GpuSeconds { get; set; }

    /// <summary>What was used beyond the grant or while it was suspended.</summary>
    public long UnchargedGpuMicroseconds { get; set; }

    /// <summary>What was used in an outage of the offer.</summary>
    public long ExcusedGpuMicroseconds { get; set; }

    /// <summary>What the correction gave back and the grant could not keep.</summary>
    public long ReturnedGpuSeconds { get; set; }

    /// <summary>In 1/3,600,000 credit.</summary>
    public long Credits { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset EndedAt { get; set; }

    public DateTimeOffset? StatedStartedAt { get; set; }

    public DateTimeOffset? StatedEndedAt { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>The transfer that moved the difference in GPU time; null when there was none.</summary>
    public Guid? TransferId { get; set; }

    public Guid CorrectedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class UsageRevisionTable : IEntityTypeConfiguration<UsageRevision>
{
    public void Configure(EntityTypeBuilder<UsageRevision> table)
    {
        table
            .ToTable("usage_revisions")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.ProviderId,
                row.RecordId,
                row.Version,
            });
        table.NeverUpdates();
    }
}
