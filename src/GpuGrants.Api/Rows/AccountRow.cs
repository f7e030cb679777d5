using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>accounts</c>, for reading: the pipeline alone writes it.</summary>
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

    public string Kind { get; set; } = "";

    public string Unit { get; set; } = "";
}

internal sealed class AccountTable : IEntityTypeConfiguration<AccountRow>
{
    public void Configure(EntityTypeBuilder<AccountRow> table) =>
        table.ToTable("accounts").HasKey(row => new { row.RootProgrammeId, row.Id });
}
