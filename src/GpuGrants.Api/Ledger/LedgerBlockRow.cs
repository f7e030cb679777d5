using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Ledger;

/// <summary>A row of <c>ledger_blocks</c>: a sealed run of transfers.</summary>
public sealed class LedgerBlockRow
{
    public Guid RootProgrammeId { get; set; }

    public long Number { get; set; }

    public long FirstSequence { get; set; }

    public long LastSequence { get; set; }

    public DateTimeOffset SealedAt { get; set; }

    public byte[] PreviousHash { get; set; } = [];

    public byte[] Hash { get; set; } = [];

    public byte[] RowDigests { get; set; } = [];
}

internal sealed class LedgerBlockTable : IEntityTypeConfiguration<LedgerBlockRow>
{
    public void Configure(EntityTypeBuilder<LedgerBlockRow> table) =>
        table.ToTable("ledger_blocks").HasKey(row => new { row.RootProgrammeId, row.Number });
}
