using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>offers</c>: GPUs of one model in one region that a provider puts up for a programme and those below it.</summary>
public sealed class OfferRow : IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    public Guid ProviderId { get; set; }

    public string GpuModelId { get; set; } = "";

    public string Region { get; set; } = "";

    public Guid CapacityAccountId { get; set; }

    public long MinGpuSeconds { get; set; }

    public long? MaxGpuSeconds { get; set; }

    public int MaxGpus { get; set; }

    /// <summary>How long after a grant's end its usage is still charged.</summary>
    public long SettlementSeconds { get; set; }

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>open, paused or ended.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class OfferTable : IEntityTypeConfiguration<OfferRow>
{
    public void Configure(EntityTypeBuilder<OfferRow> table) => table.ToTable("offers").HasKey(row => new { row.RootProgrammeId, row.Id });
}
