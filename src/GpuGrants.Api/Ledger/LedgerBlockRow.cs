using GpuGrants.Api.Store;
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

    /// <summary>The row of a block.</summary>
    public static LedgerBlockRow Of(LedgerBlock block, DateTimeOffset sealedAt) =>
        new()
        {
            RootProgrammeId = block.RootProgrammeId,
            Number = block.Number,
            FirstSequence = block.FirstSequence,
            LastSequence = block.LastSequence,
            SealedAt = sealedAt,
            PreviousHash = block.PreviousHash.ToArray(),
            Hash = block.Hash.ToArray(),
            RowDigests = block.RowDigests.ToArray(),
        };

    /// <summary>The row as the rules see it.</summary>
    /// <returns>A new block.</returns>
    public LedgerBlock ToBlock() => new(RootProgrammeId, Number, FirstSequence, LastSequence, PreviousHash, Hash, RowDigests);
}

internal sealed class LedgerBlockTable : IEntityTypeConfiguration<LedgerBlockRow>
{
    public void Configure(EntityTypeBuilder<LedgerBlockRow> table)
    {
        table.ToTable("ledger_blocks").HasKey(row => new { row.RootProgrammeId, row.Number });
        table.NeverUpdates();
    }
}
