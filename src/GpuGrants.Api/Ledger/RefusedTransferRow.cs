using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Ledger;

/// <summary>A row of <c>refused_transfers</c>: a refusal that sticks to a client's transfer id.</summary>
public sealed class RefusedTransferRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid? DebitAccountId { get; set; }

    public Guid? CreditAccountId { get; set; }

    public Guid? PendingId { get; set; }

    public Guid? CorrectsId { get; set; }

    public long Amount { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public string Kind { get; set; } = "";

    public string? Unit { get; set; }

    public string Reason { get; set; } = "";

    public string? Note { get; set; }

    public string Code { get; set; } = "";

    public string Details { get; set; } = "";
}

internal sealed class RefusedTransferTable : IEntityTypeConfiguration<RefusedTransferRow>
{
    public void Configure(EntityTypeBuilder<RefusedTransferRow> table)
    {
        table.ToTable("refused_transfers").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Details).HasColumnType("jsonb");
        table.NeverUpdates();
    }
}
