using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>quota_signatures</c>: something that is counted.</summary>
public sealed class QuotaSignatureRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid SignatureId { get; set; }

    public string Canonical { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class QuotaSignatureTable : IEntityTypeConfiguration<QuotaSignatureRow>
{
    public void Configure(EntityTypeBuilder<QuotaSignatureRow> table)
    {
        table.ToTable("quota_signatures").HasKey(row => new { row.RootProgrammeId, row.SignatureId });
    }
}
