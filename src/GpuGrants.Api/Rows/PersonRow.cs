using GpuGrants.Api.Store;
using GpuGrants.People;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>
/// A row of <c>people</c>: a human who proved to have an e-mail address. It is the only place of names, addresses and contacts. The id is
/// that of the person's principal.
/// </summary>
public sealed class PersonRow : IVersioned, IAuthorizes
{
    public const string Active = "active";

    /// <summary>The person asked to be forgotten. Only the id is left.</summary>
    public const string Erased = "erased";

    public Guid Id { get; set; }

    public string? Email { get; set; }

    public string? Name { get; set; }

    /// <summary>In which mail is written: en or ko.</summary>
    public string? Language { get; set; }

    /// <summary><see cref="Active"/> or <see cref="Erased"/>.</summary>
    public string Status { get; set; } = Active;

    /// <summary>When the present address was proved.</summary>
    public DateTimeOffset VerifiedAt { get; set; }

    /// <summary>The year of birth, if the person stated one.</summary>
    public int? BirthYear { get; set; }

    /// <summary>Whether the person stated to be of age; null when not.</summary>
    public bool? OfAge { get; set; }

    /// <summary>The confirmation that a minor has.</summary>
    public Guid? ConfirmationId { get; set; }

    /// <summary>When that confirmation counts no more: the verification of the school ends then. Null for no such end.</summary>
    public DateTimeOffset? ConfirmedUntil { get; set; }

    /// <summary>Kinds of mail that the person does not want.</summary>
    public string[] MutedMail { get; set; } = [];

    /// <summary>When a mail server refused the address for good; null again once the address is confirmed.</summary>
    public DateTimeOffset? MailRefusedAt { get; set; }

    /// <summary>What programmes may need to know.</summary>
    public StatedAge Age => new(BirthYear, OfAge == true, ConfirmationId is not null, ConfirmedUntil);

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid IAuthorizes.HolderId => Id;
}

internal sealed class PeopleTable : IEntityTypeConfiguration<PersonRow>
{
    public void Configure(EntityTypeBuilder<PersonRow> table)
    {
        table.ToTable("people").HasKey(row => row.Id);
        table.Ignore(row => row.Age);
        table.UpdatesOnly(row => new
        {
            row.Email,
            row.Name,
            row.Language,
            row.Status,
            row.VerifiedAt,
            row.BirthYear,
            row.OfAge,
            row.ConfirmationId,
            row.ConfirmedUntil,
            row.MutedMail,
            row.MailRefusedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}
