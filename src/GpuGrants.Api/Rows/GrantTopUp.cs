using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grant_top_ups</c>: time that a programme added to a grant for use beyond it.</summary>
public sealed class GrantTopUp
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    public Guid Id { get; set; }

    /// <summary>In whose quota windows it counts.</summary>
    public DateTimeOffset ToppedUpAt { get; set; }

    public long GpuSeconds { get; set; }

    /// <summary>How much of it went back to budget and offer.</summary>
    public long ReturnedGpuSeconds { get; set; }
}

internal sealed class GrantTopUpTable : IEntityTypeConfiguration<GrantTopUp>
{
    public void Configure(EntityTypeBuilder<GrantTopUp> table)
    {
        table
            .ToTable("grant_top_ups")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.GrantId,
                row.Id,
            });
        table.UpdatesOnly(row => new { row.ReturnedGpuSeconds });
    }
}
