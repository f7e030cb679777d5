using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Codes;

/// <summary>A row of <c>grant_codes</c>: one code of a batch. The code itself is stored nowhere.</summary>
public sealed class CodeRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid BatchId { get; set; }

    /// <summary>From 1 within the batch.</summary>
    public int Number { get; set; }

    /// <summary>The keyed hash by which the code is found.</summary>
    public byte[] Lookup { get; set; } = [];

    /// <summary>The request that spent it; null while it is good.</summary>
    public Guid? RequestId { get; set; }

    public DateTimeOffset? RedeemedAt { get; set; }
}

internal sealed class CodeTable : IEntityTypeConfiguration<CodeRow>
{
    public void Configure(EntityTypeBuilder<CodeRow> table)
    {
        table
            .ToTable("grant_codes")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.BatchId,
                row.Number,
            });
        table.UpdatesOnly(row => new { row.RequestId, row.RedeemedAt });
    }
}

/// <summary>A row of <c>code_redemptions</c>: the one code of a batch that a person redeemed.</summary>
public sealed class CodeRedemption
{
    public Guid RootProgrammeId { get; set; }

    public Guid BatchId { get; set; }

    public Guid PersonId { get; set; }

    public int Number { get; set; }

    public Guid RequestId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class CodeRedemptionTable : IEntityTypeConfiguration<CodeRedemption>
{
    public void Configure(EntityTypeBuilder<CodeRedemption> table)
    {
        table
            .ToTable("code_redemptions")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.BatchId,
                row.PersonId,
            });
        table.NeverUpdates();
    }
}
