using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>transfers</c>. The pipeline alone writes it.</summary>
public sealed class TransferRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid DebitAccountId { get; set; }

    public Guid CreditAccountId { get; set; }

    public Guid? PendingId { get; set; }

    public Guid? ChainId { get; set; }

    public Guid? CorrectsId { get; set; }

    public Guid? RequestId { get; set; }

    public Guid? GrantId { get; set; }

    public Guid? ProgrammeId { get; set; }

    public Guid? ActorId { get; set; }

    public Guid? OnBehalfOf { get; set; }

    public long Sequence { get; set; }

    public long Amount { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public long DebitDebitsPending { get; set; }

    public long DebitDebitsPosted { get; set; }

    public long DebitCreditsPending { get; set; }

    public long DebitCreditsPosted { get; set; }

    public long DebitVersion { get; set; }

    public long CreditDebitsPending { get; set; }

    public long CreditDebitsPosted { get; set; }

    public long CreditCreditsPending { get; set; }

    public long CreditCreditsPosted { get; set; }

    public long CreditVersion { get; set; }

    public TransferKind Kind { get; set; }

    public string Unit { get; set; } = "";

    public string Reason { get; set; } = "";

    public string? Note { get; set; }

    public string? ClientId { get; set; }

    /// <summary>The row of a transfer.</summary>
    public static TransferRow Of(Transfer one) =>
        new()
        {
            RootProgrammeId = one.RootProgrammeId,
            Id = one.Id,
            DebitAccountId = one.DebitAccountId,
            CreditAccountId = one.CreditAccountId,
            PendingId = one.PendingId,
            ChainId = one.ChainId,
            CorrectsId = one.CorrectsId,
            RequestId = one.Context.RequestId,
            GrantId = one.Context.GrantId,
            ProgrammeId = one.Context.ProgrammeId,
            ActorId = one.Context.ActorId,
            OnBehalfOf = one.Context.OnBehalfOf,
            Sequence = one.Sequence,
            Amount = one.Amount,
            ExpiresAt = one.ExpiresAt,
            CreatedAt = one.CreatedAt,
            DebitDebitsPending = one.DebitAfter.DebitsPending,
            DebitDebitsPosted = one.DebitAfter.DebitsPosted,
            DebitCreditsPending = one.DebitAfter.CreditsPending,
            DebitCreditsPosted = one.DebitAfter.CreditsPosted,
            DebitVersion = one.DebitAfter.Version,
            CreditDebitsPending = one.CreditAfter.DebitsPending,
            CreditDebitsPosted = one.CreditAfter.DebitsPosted,
            CreditCreditsPending = one.CreditAfter.CreditsPending,
            CreditCreditsPosted = one.CreditAfter.CreditsPosted,
            CreditVersion = one.CreditAfter.Version,
            Kind = one.Kind,
            Unit = one.Unit.Code,
            Reason = one.Reason,
            Note = one.Note,
            ClientId = one.Context.ClientId,
        };

    /// <summary>The row as the rules see it.</summary>
    /// <returns>A new transfer.</returns>
    /// <exception cref="FormatException">The unit is none of the ledger's.</exception>
    public Transfer ToTransfer() =>
        new(
            RootProgrammeId,
            Id,
            Sequence,
            Kind,
            DebitAccountId,
            CreditAccountId,
            LedgerUnit.Parse(Unit),
            Amount,
            PendingId,
            ExpiresAt,
            ChainId,
            CorrectsId,
            Reason,
            Note,
            new TransferContext(RequestId, GrantId, ProgrammeId, ActorId, ClientId, OnBehalfOf),
            CreatedAt,
            ToDebitAfter(),
            ToCreditAfter()
        );

    /// <summary>The debit account's counters after the transfer.</summary>
    /// <returns>Whole numbers of the unit.</returns>
    public Counters ToDebitAfter() => new(DebitDebitsPending, DebitDebitsPosted, DebitCreditsPending, DebitCreditsPosted, DebitVersion);

    /// <summary>The credit account's counters after the transfer.</summary>
    /// <returns>Whole numbers of the unit.</returns>
    public Counters ToCreditAfter() =>
        new(CreditDebitsPending, CreditDebitsPosted, CreditCreditsPending, CreditCreditsPosted, CreditVersion);
}

internal sealed class TransferTable : IEntityTypeConfiguration<TransferRow>
{
    public void Configure(EntityTypeBuilder<TransferRow> table)
    {
        table.ToTable("transfers").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Kind).HasConversion(kind => kind.Code(), code => TransferKinds.Parse(code));
        table.NeverUpdates();
    }
}
