using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People;

/// <summary>A row of <c>suspensions</c>: while it is not lifted, no principal of the person may act.</summary>
public sealed class Suspension
{
    public Guid Id { get; set; }

    public Guid PersonId { get; set; }

    /// <summary>The organization with which the person was suspended; null for the person alone.</summary>
    public Guid? OrganizationId { get; set; }

    public string Reason { get; set; } = "";

    public Guid AuthorId { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LiftedAt { get; set; }

    public Guid? LiftedBy { get; set; }
}

internal sealed class SuspensionTable : IEntityTypeConfiguration<Suspension>
{
    public void Configure(EntityTypeBuilder<Suspension> table)
    {
        table.ToTable("suspensions").HasKey(row => row.Id);
        table.UpdatesOnly(row => new { row.LiftedAt, row.LiftedBy });
    }
}
