using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>holds</c>: a pending transfer and how it ended.</summary>
public sealed class HoldRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid DebitAccountId { get; set; }

    public Guid CreditAccountId { get; set; }

    public Guid? RequestId { get; set; }

    public Guid? EndedBy { get; set; }

    public long Amount { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public string Unit { get; set; } = "";
}

internal sealed class HoldTable : IEntityTypeConfiguration<HoldRow>
{
    public void Configure(EntityTypeBuilder<HoldRow> table) => table.ToTable("holds").HasKey(row => new { row.RootProgrammeId, row.Id });
}
