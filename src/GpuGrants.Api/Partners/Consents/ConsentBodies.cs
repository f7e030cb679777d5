using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>What a partner may do for an organization or a person.</summary>
public sealed record ConsentBody
{
    /// <summary>read, request or both: what the partner may do.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When the consent ends by itself; never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The partner's own name for whom it acts for; a partner alone states it.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The only partner that may use the code; any when left out. Not for a partner, which asks for itself.</summary>
    public Guid? PartnerId { get; init; }
}

/// <summary>A code, and for whom it is used.</summary>
public sealed record ConsentCodeBody
{
    /// <summary>The code, as it was shown.</summary>
    public string? Code { get; init; }

    /// <summary>The organization that consents to a partner's code; left out for yourself.</summary>
    public Guid? OrganizationId { get; init; }

    /// <summary>The partner that uses an organization's or person's code; needed when you belong to several.</summary>
    public Guid? PartnerId { get; init; }

    /// <summary>The partner's own name for whom it acts for; a partner alone states it.</summary>
    public string? ExternalId { get; init; }
}

/// <summary>A code to be read.</summary>
public sealed record ReadConsentBody
{
    /// <summary>The code, as it was shown.</summary>
    public string? Code { get; init; }
}

/// <summary>What somebody consents to by using a code.</summary>
public sealed record ConsentOfferView
{
    /// <summary>partner: it asks. organization or person: they offer it to whoever has the code.</summary>
    public required string BegunBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? PartnerId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PartnerName { get; init; }

    /// <summary>What the partner may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>When the consent would end by itself; never when null.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Until when the code can be used.</summary>
    public required DateTimeOffset CodeExpiresAt { get; init; }
}

/// <summary>An organization or a person lets a partner act for it.</summary>
public sealed record ConsentView
{
    public required Guid Id { get; init; }

    /// <summary>The partner; null while it is offered to any.</summary>
    public required Guid? PartnerId { get; init; }

    /// <summary>The organization for which the partner acts; null when it is a person, and while a partner asks.</summary>
    public required Guid? OrganizationId { get; init; }

    /// <summary>The person for whom the partner asks; null when it is an organization.</summary>
    public required Guid? PersonId { get; init; }

    /// <summary>Who made the code: partner, organization or person.</summary>
    public required string BegunBy { get; init; }

    /// <summary>What the partner may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>open, active, ended or expired.</summary>
    public required string Status { get; init; }

    /// <summary>The partner's own name for whom it acts for.</summary>
    public required string? ExternalId { get; init; }

    /// <summary>Until when the code can be used.</summary>
    public required DateTimeOffset CodeExpiresAt { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Who consented.</summary>
    public required Guid? GivenBy { get; init; }

    /// <summary>When they consented.</summary>
    public required DateTimeOffset? GivenAt { get; init; }

    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who ended it.</summary>
    public required Guid? EndedBy { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal static ConsentView Of(Consent row, DateTimeOffset at) =>
        new()
        {
            Id = row.Id,
            PartnerId = row.PartnerId,
            OrganizationId = row.OrganizationId,
            PersonId = row.PersonId,
            BegunBy = row.BegunBy,
            Scopes = row.Scopes,
            Status = row.StatusAt(at),
            ExternalId = row.ExternalId,
            CodeExpiresAt = row.CodeExpiresAt,
            ExpiresAt = row.ExpiresAt,
            GivenBy = row.GivenBy,
            GivenAt = row.GivenAt,
            EndedAt = row.EndedAt,
            EndedBy = row.EndedBy,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}

/// <summary>A consent that waits for its code to be used. The code and the link are shown once.</summary>
public sealed record ConsentBegunView
{
    public required ConsentView Consent { get; init; }

    /// <summary>Whoever uses it consents, or is consented to. Shown once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>A page that says what the partner asks for. Hand it to who is to consent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Link { get; init; }
}

/// <summary>What a new consent needs.</summary>
internal sealed class ConsentValidator : AbstractValidator<ConsentBody>
{
    private static readonly string[] Possible = [Scopes.Read, Scopes.Request];

    public ConsentValidator(bool byPartner, DateTimeOffset now)
    {
        RuleFor(body => body.Scopes)
            .Must(scopes => scopes is { Count: 1 or 2 } && scopes.Distinct().Count() == scopes.Count && scopes.All(Possible.Contains))
            .WithMessage("State read, request or both, each once.");
        RuleFor(body => body.ExpiresAt)
            .Must(moment => moment is null || moment > now)
            .WithMessage("State a moment in the future, or leave it out.");
        RuleFor(body => body.ExternalId).Text(200, required: false);
        if (byPartner)
            RuleFor(body => body.PartnerId).Null().WithMessage("Leave it out: a partner asks for itself.");
        else
            RuleFor(body => body.ExternalId).Null().WithMessage("Leave it out: the partner states it when it uses the code.");
    }
}

/// <summary>What a code needs to be used.</summary>
internal sealed class ConsentCodeValidator : AbstractValidator<ConsentCodeBody>
{
    public ConsentCodeValidator()
    {
        RuleFor(body => body.Code).Text(100);
        RuleFor(body => body.ExternalId).Text(200, required: false);
    }
}

/// <summary>What a code needs to be read.</summary>
internal sealed class ReadConsentValidator : AbstractValidator<ReadConsentBody>
{
    public ReadConsentValidator() => RuleFor(body => body.Code).Text(100);
}
