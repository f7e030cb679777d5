using GpuGrants.Api.Store;
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

    /// <summary>The row of an open hold.</summary>
    public static HoldRow Of(Guid root, Hold hold) =>
        new()
        {
            RootProgrammeId = root,
            Id = hold.Id,
            DebitAccountId = hold.DebitAccountId,
            CreditAccountId = hold.CreditAccountId,
            RequestId = hold.RequestId,
            EndedBy = hold.EndedBy,
            Amount = hold.Amount,
            ExpiresAt = hold.ExpiresAt,
            EndedAt = hold.EndedAt,
            Unit = hold.Unit.Code,
        };

    /// <summary>The row that a pending transfer makes.</summary>
    /// <returns>A new row of an open hold.</returns>
    public static HoldRow Opening(Transfer pending) =>
        new()
        {
            RootProgrammeId = pending.RootProgrammeId,
            Id = pending.Id,
            DebitAccountId = pending.DebitAccountId,
            CreditAccountId = pending.CreditAccountId,
            RequestId = pending.Context.RequestId,
            Amount = pending.Amount,
            ExpiresAt = pending.ExpiresAt!.Value,
            Unit = pending.Unit.Code,
        };

    /// <summary>What a post or void changes of the row: only the key and the end have values.</summary>
    /// <returns>A row for an update.</returns>
    public static HoldRow Ending(Transfer end) =>
        new()
        {
            RootProgrammeId = end.RootProgrammeId,
            Id = end.PendingId!.Value,
            EndedBy = end.Id,
            EndedAt = end.CreatedAt,
        };

    /// <summary>The row as the rules see it.</summary>
    /// <returns>A new hold.</returns>
    /// <exception cref="FormatException">The unit is none of the ledger's.</exception>
    public Hold ToHold()
    {
        var hold = new Hold(Id, DebitAccountId, CreditAccountId, LedgerUnit.Parse(Unit), Amount, ExpiresAt, RequestId);
        return EndedBy is { } by ? Hold.Ended(hold, by, EndedAt!.Value) : hold;
    }
}

internal sealed class HoldTable : IEntityTypeConfiguration<HoldRow>
{
    public void Configure(EntityTypeBuilder<HoldRow> table)
    {
        table.ToTable("holds").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.UpdatesOnly(row => new { row.EndedBy, row.EndedAt });
    }
}
