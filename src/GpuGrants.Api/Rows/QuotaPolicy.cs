using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>quota_policies</c>: a named set of limits for a programme and those below it.</summary>
public sealed class QuotaPolicy : IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    /// <summary>Null when it holds on the whole platform.</summary>
    public Guid? ProgrammeId { get; set; }

    /// <summary>The organization that limits its own members and projects by it; null for all other policies.</summary>
    public Guid? OrganizationId { get; set; }

    public string Name { get; set; } = "";

    public long Version { get; set; }

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class QuotaPolicyTable : IEntityTypeConfiguration<QuotaPolicy>
{
    public void Configure(EntityTypeBuilder<QuotaPolicy> table) =>
        table.ToTable("quota_policies").HasKey(row => new { row.RootProgrammeId, row.Id });
}
