using GpuGrants.Api.Store;
using GpuGrants.Offers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>offer_tranches</c>: GPUs that an offer has between two full hours.</summary>
public sealed class OfferTranche
{
    public Guid RootProgrammeId { get; set; }

    public Guid OfferId { get; set; }

    /// <summary>From 1 within the offer.</summary>
    public int Number { get; set; }

    /// <summary>GPUs at every instant, less those that were withdrawn.</summary>
    public int Gpus { get; set; }

    /// <summary>GPUs that its provider put up.</summary>
    public int PutUpGpus { get; set; }

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset EndsAt { get; set; }

    /// <summary>One of <see cref="TrancheStatus"/>.</summary>
    public string Status { get; set; } = "";

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The row as the rules see it.</summary>
    public Tranche ToTranche() => new(Number, Gpus, StartsAt, EndsAt);
}

/// <summary>Where a tranche stands. <see cref="Withdrawn"/> and <see cref="Rejected"/> are final.</summary>
public static class TrancheStatus
{
    /// <summary>It waits for the programme.</summary>
    public const string Proposed = "proposed";

    /// <summary>It is the offer's capacity between its moments.</summary>
    public const string Open = "open";

    /// <summary>Its provider took back all of it.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>The programme turned it down, or its time had passed.</summary>
    public const string Rejected = "rejected";
}

internal sealed class OfferTrancheTable : IEntityTypeConfiguration<OfferTranche>
{
    public void Configure(EntityTypeBuilder<OfferTranche> table)
    {
        table
            .ToTable("offer_tranches")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.OfferId,
                row.Number,
            });
        table.UpdatesOnly(row => new
        {
            row.Gpus,
            row.Status,
            row.UpdatedAt,
        });
    }
}
