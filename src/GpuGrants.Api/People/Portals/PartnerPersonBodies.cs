using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.People.Portals;

/// <summary>Whom a partner signs up.</summary>
public sealed record PartnerPersonBody
{
    /// <summary>The partner's own name for the person. The same name is the same person.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Where the person confirms by a mailed code; left out where a programme trusts the partner's word.</summary>
    public string? Email { get; init; }

    public string? Name { get; init; }

    /// <summary>The name of the person's organization; the person's own when left out.</summary>
    public string? OrganizationName { get; init; }

    /// <summary>startup, individual, student, school, university, nonprofit or enterprise. A lone developer is an individual.</summary>
    public string? Kind { get; init; }

    /// <summary>The organization's country, by ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }

    /// <summary>The language of mail: en or ko; en when left out.</summary>
    public string? Language { get; init; }

    /// <summary>Whether the person accepted the platform's terms at the partner. It has to be true.</summary>
    public bool? AcceptsTerms { get; init; }

    /// <summary>The year of the person's birth. Not for whom the partner vouches.</summary>
    public int? BirthYear { get; init; }

    /// <summary>True when the person is of age. Whom a partner vouches for has to be.</summary>
    public bool? OfAge { get; init; }

    /// <summary>read, request or both: what the partner may do for the person's organization; both when left out.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The root programme that trusts the partner's word for the person; left out where the person confirms by mail.</summary>
    public Guid? VouchFor { get; init; }
}

/// <summary>Somebody whom a partner signed up.</summary>
public sealed record PartnerPersonView
{
    public required Guid Id { get; init; }

    public required Guid PartnerId { get; init; }

    /// <summary>The partner's own name for the person.</summary>
    public required string ExternalId { get; init; }

    /// <summary>waiting, active or removed.</summary>
    public required string Status { get; init; }

    /// <summary>Whether the partner's word stands for the person.</summary>
    public required bool Vouched { get; init; }

    /// <summary>The root programme that trusts the partner's word; null where the person confirms by mail.</summary>
    public required Guid? ProgrammeId { get; init; }

    /// <summary>The person; null until they confirmed.</summary>
    public required Guid? PersonId { get; init; }

    /// <summary>Their organization, for which the partner acts; null until they confirmed.</summary>
    public required Guid? OrganizationId { get; init; }

    /// <summary>The consent by which it acts; null until they confirmed.</summary>
    public required Guid? ConsentId { get; init; }

    /// <summary>The mailed code goes to POST /v1/partner-sign-ups/{confirmationId}/confirm. Null when none was mailed now.</summary>
    public Guid? ConfirmationId { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal static PartnerPersonView Of(PartnerPerson row) =>
        new()
        {
            Id = row.Id,
            PartnerId = row.PartnerId,
            ExternalId = row.ExternalId,
            Status = row.Status,
            Vouched = row.Vouched,
            ProgrammeId = row.ProgrammeId,
            PersonId = row.PersonId,
            OrganizationId = row.OrganizationId,
            ConsentId = row.ConsentId,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}

/// <summary>What a person needs who is signed up by a partner.</summary>
internal sealed class PartnerPersonValidator : AbstractValidator<PartnerPersonBody>
{
    private static readonly string[] Possible = [Scopes.Read, Scopes.Request];

    public PartnerPersonValidator()
    {
        RuleFor(body => body.ExternalId).Text(200);
        RuleFor(body => body.Name).Name(200);
        RuleFor(body => body.OrganizationName).Name(200, required: false);
        RuleFor(body => body.Kind).OneOf(OrganizationKinds.All);
        RuleFor(body => body.Country).Country();
        RuleFor(body => body.Language).OneOf(PeopleRules.Languages, required: false);
        RuleFor(body => body.Scopes)
            .Must(scopes =>
                scopes is null
                || (scopes is { Count: 1 or 2 } && scopes.Distinct().Count() == scopes.Count && scopes.All(Possible.Contains))
            )
            .WithMessage("State read, request or both, each once.");
        RuleFor(body => body.AcceptsTerms).Equal(true).WithMessage("State true: nobody signs up without accepting the platform's terms.");
        RuleFor(body => body.Email).Email(required: false);
        RuleFor(body => body.Email)
            .Must((body, email) => email is null != body.VouchFor is null)
            .WithMessage("State an address where the person confirms, or in vouchFor a programme that trusts the partner: one of the two.");
        RuleFor(body => body.BirthYear).BirthYear();
        RuleFor(body => body.OfAge).OfAge(body => body.BirthYear);
        RuleFor(body => body.OfAge)
            .Equal(true)
            .When(body => body.VouchFor is not null)
            .WithMessage("State true: a partner vouches for people of age only. Others confirm by mail.");
    }
}
