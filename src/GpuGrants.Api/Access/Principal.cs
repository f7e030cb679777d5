using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>principals</c>: a person or a program that may call.</summary>
public sealed class Principal : IAuthorizes
{
    public Guid Id { get; set; }

    /// <summary>The person behind it: itself, or whoever made it. Limits on people count all that one person's principals do.</summary>
    public Guid PersonId { get; set; }

    /// <summary>For people; a principal that is a person has its name in <c>people</c>.</summary>
    public string Name { get; set; } = "";

    public string? ExternalIssuer { get; set; }

    public string? ExternalSubject { get; set; }

    /// <summary>The terms that the person accepted. The database keeps them from the acceptances: no update writes them.</summary>
    public Guid[] AcceptedTerms { get; set; } = [];

    /// <summary>active or disabled.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid IAuthorizes.HolderId => Id;
}

internal sealed class PrincipalTable : IEntityTypeConfiguration<Principal>
{
    public void Configure(EntityTypeBuilder<Principal> table)
    {
        table.ToTable("principals").HasKey(row => row.Id);
        table.UpdatesOnly(row => new { row.Status, row.Version });
    }
}
