using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>standing_terms</c>: within these a programme accepts a provider's offers in advance.</summary>
public sealed class StandingTermsRow : IVersioned, IOfProvider
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    public Guid ProviderId { get; set; }

    public string GpuModelId { get; set; } = "";

    /// <summary>Empty for all.</summary>
    public string[] Regions { get; set; } = [];

    /// <summary>In millicredits per GPU-hour.</summary>
    public long MaxRate { get; set; }

    public long CapacitySeconds { get; set; }

    /// <summary>GPU-seconds that were accepted under these terms so far.</summary>
    public long TakenSeconds { get; set; }

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>active or ended.</summary>
    public string Status { get; set; } = "";

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    public Guid? EndedBy { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The row as the rules see it.</summary>
    public StandingTerms ToTerms() =>
        new()
        {
            ProviderId = ProviderId,
            GpuModelId = GpuModelId,
            Regions = Regions,
            MaxRate = Rate.FromMillicredits(MaxRate),
            Capacity = GpuTime.FromSeconds(CapacitySeconds),
            Taken = GpuTime.FromSeconds(TakenSeconds),
            StartsAt = StartsAt,
            EndsAt = EndsAt,
            IsActive = Status == "active",
        };
}

internal sealed class StandingTermsTable : IEntityTypeConfiguration<StandingTermsRow>
{
    public void Configure(EntityTypeBuilder<StandingTermsRow> table)
    {
        table.ToTable("standing_terms").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.UpdatesOnly(row => new
        {
            row.TakenSeconds,
            row.Status,
            row.EndedBy,
            row.EndedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}
