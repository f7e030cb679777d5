using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>
/// A row of <c>quota_policy_versions</c>: one text of a policy. A published one never changes, except that it is retired.
/// </summary>
public sealed class QuotaPolicyVersion
{
    public Guid RootProgrammeId { get; set; }

    public Guid PolicyId { get; set; }

    public int Number { get; set; }

    /// <summary>draft, published or retired.</summary>
    public string Status { get; set; } = "";

    /// <summary>The policy document, JSON.</summary>
    public string Document { get; set; } = "";

    public DateTimeOffset? EffectiveFrom { get; set; }

    public DateTimeOffset? RetiredFrom { get; set; }

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public Guid? PublishedBy { get; set; }

    public DateTimeOffset? PublishedAt { get; set; }
}

internal sealed class QuotaPolicyVersionTable : IEntityTypeConfiguration<QuotaPolicyVersion>
{
    public void Configure(EntityTypeBuilder<QuotaPolicyVersion> table)
    {
        table
            .ToTable("quota_policy_versions")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.PolicyId,
                row.Number,
            });
        table.Property(row => row.Document).HasColumnType("jsonb");
    }
}
