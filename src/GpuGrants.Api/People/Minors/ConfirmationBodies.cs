using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.People.Minors;

/// <summary>Whom to ask for a confirmation.</summary>
public sealed record GuardianBody
{
    /// <summary>The guardian's address: another one than your own.</summary>
    public string? GuardianEmail { get; init; }

    /// <summary>The language of the mail: en or ko; yours when left out.</summary>
    public string? Language { get; init; }
}

/// <summary>A guardian's yes.</summary>
public sealed record GuardianConsentBody
{
    /// <summary>The eight digits of the mail.</summary>
    public string? Code { get; init; }

    /// <summary>Whether the guardian accepts the consent text of the mail. It has to be true.</summary>
    public bool? AcceptsConsent { get; init; }
}

/// <summary>A guardian's change of mind.</summary>
public sealed record GuardianWithdrawalBody
{
    /// <summary>The key that the confirmation's answer and mail showed.</summary>
    public string? WithdrawalKey { get; init; }
}

/// <summary>A member of a school.</summary>
public sealed record SchoolConfirmationBody
{
    /// <summary>The minor, who is a member of the school.</summary>
    public Guid? PrincipalId { get; init; }
}

/// <summary>A confirmation that a minor may ask.</summary>
public sealed record MinorConfirmationView
{
    public required Guid Id { get; init; }

    /// <summary>guardian or school.</summary>
    public required string Kind { get; init; }

    /// <summary>The minor.</summary>
    public required Guid PersonId { get; init; }

    /// <summary>The school.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? OrganizationId { get; init; }

    /// <summary>The version of the consent text that the guardian accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ConsentVersion { get; init; }

    /// <summary>When it was confirmed.</summary>
    public required DateTimeOffset ConfirmedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>withdrawn, replaced by another one, left with the school, erased with the person, or unverified as the school.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndReason { get; init; }

    /// <summary>With which the guardian withdraws it; shown once, and mailed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WithdrawalKey { get; init; }

    internal static MinorConfirmationView Of(MinorConfirmation row) =>
        new()
        {
            Id = row.Id,
            Kind = row.Kind,
            PersonId = row.PersonId,
            OrganizationId = row.OrganizationId,
            ConsentVersion = row.ConsentVersion,
            ConfirmedAt = row.ConfirmedAt,
            EndedAt = row.EndedAt,
            EndReason = row.EndReason,
        };
}

/// <summary>What a request for a confirmation needs.</summary>
internal sealed class GuardianValidator : AbstractValidator<GuardianBody>
{
    public GuardianValidator()
    {
        RuleFor(body => body.GuardianEmail).Email();
        RuleFor(body => body.Language).OneOf(PeopleRules.Languages, required: false);
    }
}

/// <summary>What a guardian's yes needs.</summary>
internal sealed class GuardianConsentValidator : AbstractValidator<GuardianConsentBody>
{
    public GuardianConsentValidator()
    {
        RuleFor(body => body.Code).Code();
        RuleFor(body => body.AcceptsConsent).Equal(true).WithMessage("State true: read the consent text in the mail first.");
    }
}

/// <summary>What a withdrawal needs.</summary>
internal sealed class GuardianWithdrawalValidator : AbstractValidator<GuardianWithdrawalBody>
{
    public GuardianWithdrawalValidator() => RuleFor(body => body.WithdrawalKey).Text(200);
}

/// <summary>What a school's confirmation needs.</summary>
internal sealed class SchoolConfirmationValidator : AbstractValidator<SchoolConfirmationBody>
{
    public SchoolConfirmationValidator() => RuleFor(body => body.PrincipalId).NotNull().WithMessage("State the member who is a minor.");
}

/// <summary>What a guardian's proof keeps, encrypted.</summary>
internal sealed record GuardianDetails(string Email, string Language);
