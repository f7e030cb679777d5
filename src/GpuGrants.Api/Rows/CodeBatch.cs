using GpuGrants.Api.Store;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>code_batches</c>: one-time codes that a programme minted together, each for the same small grant.</summary>
public sealed class CodeBatch : IVersioned
{
    public const string Active = "active";
    public const string Ended = "ended";

    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    /// <summary>The programme whose budget the credits came from, and to which the rest returns.</summary>
    public Guid BudgetProgrammeId { get; set; }

    public Guid OfferId { get; set; }

    public Guid ProviderId { get; set; }

    public string GpuModelId { get; set; } = "";

    public string Name { get; set; } = "";

    /// <summary>What requests that redeem a code say they are for.</summary>
    public string Purpose { get; set; } = "";

    public string[] Tags { get; set; } = [];

    /// <summary>The address that a printed code's picture leads to; null for the code alone.</summary>
    public string? Link { get; set; }

    /// <summary>Of each code.</summary>
    public long GpuSeconds { get; set; }

    public int Gpus { get; set; }

    /// <summary>From the redemption to the grant's expiry.</summary>
    public long DurationSeconds { get; set; }

    /// <summary>Reserved for each code, at the rate of the day when it was minted.</summary>
    public long Credits { get; set; }

    public int Count { get; set; }

    public int Redeemed { get; set; }

    /// <summary>When codes that nobody redeemed expire.</summary>
    public DateTimeOffset RedeemBy { get; set; }

    /// <summary>Whether nobody redeems its codes any more.</summary>
    public bool IsOverAt(DateTimeOffset at) => Status == Ended || at >= RedeemBy;

    /// <summary>active or ended.</summary>
    public string Status { get; set; } = Active;

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    /// <summary>Who ended it; null when its time was over, or its programme ended.</summary>
    public Guid? EndedBy { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Of each code.</summary>
    public GpuTime Time => GpuTime.FromSeconds(GpuSeconds);

    /// <summary>The account with the credits of codes that nobody redeemed yet.</summary>
    public Guid CreditAccountId => AccountIds.Of(AccountKind.Codes, LedgerUnit.Credit, Id);

    /// <summary>The account with their GPU time.</summary>
    public Guid TimeAccountId => AccountIds.Of(AccountKind.Codes, LedgerUnit.Gpu(GpuModelId), Id);
}

internal sealed class CodeBatchTable : IEntityTypeConfiguration<CodeBatch>
{
    public void Configure(EntityTypeBuilder<CodeBatch> table)
    {
        table.ToTable("code_batches").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Ignore(row => row.Time);
        table.UpdatesOnly(row => new
        {
            row.Redeemed,
            row.Status,
            row.EndedBy,
            row.EndedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}
