using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>outages</c>: a time in which an offer did not serve as promised. Never changed.</summary>
public sealed class Outage
{
    /// <summary>The most of one offer within half a year before and after the end of one. Each charge of usage reads them.</summary>
    public const int MaxOfYear = 1_000;

    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid OfferId { get; set; }

    public Guid ProviderId { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset EndedAt { get; set; }

    public string Evidence { get; set; } = "";

    /// <summary>Whether the provider said so itself; else an administrator confirmed it.</summary>
    public bool ByProvider { get; set; }

    public Guid ReportedBy { get; set; }

    public string ClientId { get; set; } = "";

    /// <summary>How many records it changed when it was recorded.</summary>
    public int Records { get; set; }

    /// <summary>What it gave back then.</summary>
    public long GpuSeconds { get; set; }

    /// <summary>How much of that returned to budget and offer, because the grants could not keep it.</summary>
    public long ReturnedGpuSeconds { get; set; }

    /// <summary>What it gave back then, in 1/3,600,000 credit.</summary>
    public long Credits { get; set; }

    /// <summary>The disputes that were open then. Their records stayed as they were.</summary>
    public Guid[] Disputes { get; set; } = [];

    /// <summary>How many records stayed as they were because what they earned was payable already.</summary>
    public int Payable { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class OutageTable : IEntityTypeConfiguration<Outage>
{
    public void Configure(EntityTypeBuilder<Outage> table)
    {
        table.ToTable("outages").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.NeverUpdates();
    }
}
