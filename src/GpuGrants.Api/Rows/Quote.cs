using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>quotes</c>: an offer, its rate and GPU time that are pinned for a person for a while.</summary>
public sealed class Quote : IPromisesGpus, IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    public Guid OrganizationId { get; set; }

    /// <summary>Whose quote it is.</summary>
    public Guid PersonId { get; set; }

    public string ClientId { get; set; } = "";

    public Guid OfferId { get; set; }

    public Guid ProviderId { get; set; }

    /// <summary>The offer's GPU model and region; the ask's own are <see cref="GpuModels"/> and <see cref="Region"/>.</summary>
    public string GpuModelId { get; set; } = "";

    public string OfferRegion { get; set; } = "";

    /// <summary>One of <see cref="GrantMode"/>; null on GPU-hours without dates.</summary>
    public string? Mode { get; set; }

    public long GpuSeconds { get; set; }

    public int Gpus { get; set; }

    public string[] GpuModels { get; set; } = [];

    public int? MinGpuMemoryGib { get; set; }

    public string? Region { get; set; }

    public long MillicreditsPerGpuHour { get; set; }

    /// <summary>When its grant would start, or later when it is used later.</summary>
    public DateTimeOffset StartsAt { get; set; }

    /// <summary>When its grant would end, whenever it is used.</summary>
    public DateTimeOffset EndsAt { get; set; }

    /// <summary>The end of the pin.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>One of <see cref="QuoteStatus"/>.</summary>
    public string Status { get; set; } = QuoteStatus.Open;

    /// <summary>The id of the request that names it, or would.</summary>
    public Guid RequestId { get; set; }

    /// <summary>The id of the grant that the request would get.</summary>
    public Guid GrantId { get; set; }

    /// <summary>The hold on the offer's capacity.</summary>
    public Guid TimeHoldId { get; set; }

    public bool Livemode { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid? IPromisesGpus.PromisedOfferId => Mode is null ? null : OfferId;

    /// <summary>Whenever it is used, its hours lie in what is left of its time once it expires. So only these are pinned.</summary>
    /// <returns>Null once it is used or expired.</returns>
    public GpuPromise? ToPromise() =>
        Mode is null || Status != QuoteStatus.Open
            ? null
            : new GpuPromise(Id, Gpus, StartsAt > ExpiresAt ? StartsAt : ExpiresAt, EndsAt, Time(), Mode == GrantMode.Reserved);

    /// <summary>The GPU time that is pinned.</summary>
    public GpuTime Time() => GpuTime.FromSeconds(GpuSeconds);

    /// <summary>The rate that is pinned.</summary>
    public Rate PinnedRate() => Rate.FromMillicredits(MillicreditsPerGpuHour);
}

/// <summary>Where a quote stands. All but <see cref="Open"/> are final.</summary>
public static class QuoteStatus
{
    /// <summary>It pins what it says until it expires.</summary>
    public const string Open = "open";

    /// <summary>A request named it, and was approved or referred to people.</summary>
    public const string Used = "used";

    /// <summary>Its time was over.</summary>
    public const string Expired = "expired";

    public static IReadOnlyList<string> All { get; } = [Open, Used, Expired];
}

internal sealed class QuoteTable : IEntityTypeConfiguration<Quote>
{
    public void Configure(EntityTypeBuilder<Quote> table)
    {
        table.ToTable("quotes").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.UpdatesOnly(row => new
        {
            row.Status,
            row.Version,
            row.UpdatedAt,
        });
    }
}
