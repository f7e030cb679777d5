using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>accounts</c>. The pipeline alone writes it.</summary>
public sealed class AccountRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid OwnerId { get; set; }

    public long DebitsPending { get; set; }

    public long DebitsPosted { get; set; }

    public long CreditsPending { get; set; }

    public long CreditsPosted { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public bool Floored { get; set; }

    public AccountKind Kind { get; set; }

    public string Unit { get; set; } = "";

    /// <summary>The row of an account.</summary>
    public static AccountRow Of(Account one) =>
        new()
        {
            RootProgrammeId = one.RootProgrammeId,
            Id = one.Id,
            OwnerId = one.OwnerId,
            DebitsPending = one.Counters.DebitsPending,
            DebitsPosted = one.Counters.DebitsPosted,
            CreditsPending = one.Counters.CreditsPending,
            CreditsPosted = one.Counters.CreditsPosted,
            Version = one.Counters.Version,
            CreatedAt = one.CreatedAt,
            Floored = one.IsFloored,
            Kind = one.Kind,
            Unit = one.Unit.Code,
        };

    /// <summary>The row as the rules see it.</summary>
    /// <returns>A new account.</returns>
    /// <exception cref="FormatException">The unit is none of the ledger's.</exception>
    /// <exception cref="ArgumentException">The kind does not count the unit.</exception>
    public Account ToAccount() => new(RootProgrammeId, Id, Kind, LedgerUnit.Parse(Unit), OwnerId, CreatedAt, ToCounters());

    /// <summary>What the account counts at this moment.</summary>
    /// <returns>Whole numbers of the account's unit.</returns>
    public Counters ToCounters() => new(DebitsPending, DebitsPosted, CreditsPending, CreditsPosted, Version);
}

internal sealed class AccountTable : IEntityTypeConfiguration<AccountRow>
{
    public void Configure(EntityTypeBuilder<AccountRow> table)
    {
        table.ToTable("accounts").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Kind).HasConversion(kind => kind.Code(), code => AccountKinds.Parse(code));
        table.UpdatesOnly(row => new
        {
            row.DebitsPending,
            row.DebitsPosted,
            row.CreditsPending,
            row.CreditsPosted,
            row.Version,
        });
    }
}
