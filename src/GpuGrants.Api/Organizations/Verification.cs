using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Organizations;

/// <summary>A row of <c>verifications</c>: what was proved of an organization, by whom and until when.</summary>
public sealed class Verification
{
    public const string NameField = "name";
    public const string CountryField = "country";
    public const string DomainsField = "email-domains";

    /// <summary>The most characters of the evidence.</summary>
    public const int MaxEvidence = 2_000;

    /// <summary>A field that it verified was changed.</summary>
    public const string Fell = "fell";
    public const string Replaced = "replaced";
    public const string Withdrawn = "withdrawn";

    public static readonly IReadOnlyList<string> AllFields = [NameField, CountryField, DomainsField];

    public Guid Id { get; set; }

    public Guid OrganizationId { get; set; }

    /// <summary>domain or identity.</summary>
    public string Level { get; set; } = "";

    /// <summary>What was verified: name, country, email-domains.</summary>
    public string[] Fields { get; set; } = [];

    public string[] EmailDomains { get; set; } = [];

    public string Evidence { get; set; } = "";

    public Guid AuthorId { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndsAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>fell, replaced or withdrawn.</summary>
    public string? EndReason { get; set; }

    public Guid? EndedBy { get; set; }

    /// <summary>The owner whose identity an issuer showed; null where it shows no person.</summary>
    public Guid? PersonId { get; set; }
}

internal sealed class VerificationTable : IEntityTypeConfiguration<Verification>
{
    public void Configure(EntityTypeBuilder<Verification> table)
    {
        table.ToTable("verifications").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.EndedAt,
            row.EndReason,
            row.EndedBy,
        });
    }
}
