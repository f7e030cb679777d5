using GpuGrants.Api.Store;
using GpuGrants.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>usage_records</c>: GPU time used under a grant, as its provider reported it and corrected it last.</summary>
public sealed class UsageRecord : IVersioned
{
    public Guid RootProgrammeId { get; set; }

    /// <summary>The grant's provider, who reports it.</summary>
    public Guid ProviderId { get; set; }

    /// <summary>The provider's id, unique in the tree: the same id sent again is the same record.</summary>
    public Guid Id { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>Whether the service made it of reserved GPUs, for time that passed. No provider changes it.</summary>
    public bool ByTime { get; set; }

    /// <summary>Thousandths of a GPU.</summary>
    public int MilliGpus { get; set; }

    /// <summary>
    /// What it charged, corrections included. The grant's exact sum is rounded down once, so a short record may charge nothing, and a
    /// corrected one may charge minus one second.
    /// </summary>
    public long GpuSeconds { get; set; }

    /// <summary>What was used beyond the grant or while it was suspended.</summary>
    public long UnchargedGpuMicroseconds { get; set; }

    /// <summary>What was used in an outage of the offer.</summary>
    public long ExcusedGpuMicroseconds { get; set; }

    /// <summary>What it cost, in 1/3,600,000 credit.</summary>
    public long Credits { get; set; }

    /// <summary>The time that counts, in whole milliseconds.</summary>
    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset EndedAt { get; set; }

    /// <summary>What the record stated, where the grant's life or the present moment cut it.</summary>
    public DateTimeOffset? StatedStartedAt { get; set; }

    public DateTimeOffset? StatedEndedAt { get; set; }

    /// <summary>The transfer that moved the GPU time of one report to this grant; null when the report moved none.</summary>
    public Guid? TransferId { get; set; }

    /// <summary>1, and one more with each correction.</summary>
    public long Version { get; set; }

    /// <summary>When it was voided; it counts nothing since.</summary>
    public DateTimeOffset? VoidedAt { get; set; }

    public Guid ReportedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was recorded or corrected last.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The time that counts.</summary>
    public UsageSpan Span() => UsageSpan.Between(StartedAt, EndedAt);

    /// <summary>What it does not charge, exactly.</summary>
    public MeteredTime Free() => MeteredTime.FromMicroseconds(UnchargedGpuMicroseconds + ExcusedGpuMicroseconds);

    /// <summary>What counts towards the grant's exact sum.</summary>
    public MeteredTime Charged() => MeteredTime.FromMicroseconds(MilliGpus * Span().LengthMs).Without(Free());
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
                row.ProviderId,
                row.Id,
            });
        table.UpdatesOnly(row => new
        {
            row.MilliGpus,
            row.GpuSeconds,
            row.UnchargedGpuMicroseconds,
            row.ExcusedGpuMicroseconds,
            row.Credits,
            row.StartedAt,
            row.EndedAt,
            row.StatedStartedAt,
            row.StatedEndedAt,
            row.Version,
            row.VoidedAt,
            row.UpdatedAt,
        });
    }
}
