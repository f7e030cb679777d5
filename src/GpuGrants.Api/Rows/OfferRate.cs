using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>offer_rates</c>: what an offer charges from a moment on.</summary>
public sealed class OfferRate
{
    public Guid RootProgrammeId { get; set; }

    public Guid OfferId { get; set; }

    public DateTimeOffset EffectiveFrom { get; set; }

    public long MillicreditsPerGpuHour { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a rate that was still to come was replaced last; null when none was.</summary>
    public DateTimeOffset? ReplacedAt { get; set; }
}

internal sealed class OfferRateTable : IEntityTypeConfiguration<OfferRate>
{
    public void Configure(EntityTypeBuilder<OfferRate> table)
    {
        table
            .ToTable("offer_rates")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.OfferId,
                row.EffectiveFrom,
            });
        table.UpdatesOnly(row => new { row.MillicreditsPerGpuHour, row.ReplacedAt });
    }
}
