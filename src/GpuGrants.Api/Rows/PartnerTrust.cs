using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>partner_trusts</c>: a root programme takes people for whom a partner vouches, in bounds.</summary>
public sealed class PartnerTrust : IVersioned
{
    public const string Active = "active";
    public const string Ended = "ended";

    /// <summary>A root programme.</summary>
    public Guid ProgrammeId { get; set; }

    public Guid PartnerId { get; set; }

    public int PeopleAtMost { get; set; }

    /// <summary>New people in 24 hours.</summary>
    public int PeoplePerDay { get; set; }

    /// <summary>active or ended.</summary>
    public string Status { get; set; } = Active;

    public Guid CreatedBy { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PartnerTrustTable : IEntityTypeConfiguration<PartnerTrust>
{
    public void Configure(EntityTypeBuilder<PartnerTrust> table)
    {
        table.ToTable("partner_trusts").HasKey(row => new { row.ProgrammeId, row.PartnerId });
        table.UpdatesOnly(row => new
        {
            row.PeopleAtMost,
            row.PeoplePerDay,
            row.Status,
            row.Version,
            row.UpdatedAt,
        });
    }
}
