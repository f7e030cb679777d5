using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grant_suspensions</c>: a time in which nothing of a grant may be used, and why.</summary>
public sealed class GrantSuspension
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>From 1 on, in the order of time.</summary>
    public int Number { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    /// <summary>Null when the service suspended it by the programme's policy.</summary>
    public string? Reason { get; set; }

    public Guid AuthorId { get; set; }

    public string ClientId { get; set; } = "";

    /// <summary>When it was resumed, or its use ended for good; null while it is suspended.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Why it was resumed; null when its use ended.</summary>
    public string? EndReason { get; set; }

    public Guid? EndedBy { get; set; }

    /// <summary>The freeze that suspended it; null for all others.</summary>
    public Guid? FreezeId { get; set; }
}

internal sealed class GrantSuspensionTable : IEntityTypeConfiguration<GrantSuspension>
{
    public void Configure(EntityTypeBuilder<GrantSuspension> table)
    {
        table
            .ToTable("grant_suspensions")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.GrantId,
                row.Number,
            });
        table.UpdatesOnly(row => new
        {
            row.EndedAt,
            row.EndReason,
            row.EndedBy,
            row.FreezeId,
        });
    }
}
