using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>terms</c>: one version of the terms of the platform or a programme. Its text never changes.</summary>
public sealed class TermsRow
{
    public Guid Id { get; set; }

    /// <summary>Null for the platform.</summary>
    public Guid? ProgrammeId { get; set; }

    public int Number { get; set; }

    public string Title { get; set; } = "";

    public string Body { get; set; } = "";

    public Guid AuthorId { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a later version came; null while it is in force.</summary>
    public DateTimeOffset? EndedAt { get; set; }
}

internal sealed class TermsTable : IEntityTypeConfiguration<TermsRow>
{
    public void Configure(EntityTypeBuilder<TermsRow> table)
    {
        table.ToTable("terms").HasKey(row => row.Id);
        table.UpdatesOnly(row => row.EndedAt);
    }
}

/// <summary>A row of <c>term_acceptances</c>: a person accepted a version.</summary>
public sealed class TermAcceptance
{
    public Guid PersonId { get; set; }

    public Guid TermsId { get; set; }

    public Guid PrincipalId { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset AcceptedAt { get; set; }
}

internal sealed class TermAcceptanceTable : IEntityTypeConfiguration<TermAcceptance>
{
    public void Configure(EntityTypeBuilder<TermAcceptance> table)
    {
        table.ToTable("term_acceptances").HasKey(row => new { row.PersonId, row.TermsId });
        table.NeverUpdates();
    }
}
