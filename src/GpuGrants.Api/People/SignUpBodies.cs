using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.People;

namespace GpuGrants.Api.People;

/// <summary>Who signs up, and for which organization.</summary>
public sealed record SignUpBody
{
    /// <summary>The person's e-mail address. A code is mailed there.</summary>
    public string? Email { get; init; }

    /// <summary>The person's name.</summary>
    public string? Name { get; init; }

    /// <summary>The organization's name. A lone developer may state their own.</summary>
    public string? OrganizationName { get; init; }

    /// <summary>startup, individual, student, school, university, nonprofit or enterprise. A lone developer is an individual.</summary>
    public string? Kind { get; init; }

    /// <summary>The organization's country, by ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }

    /// <summary>The language of mail: en or ko; en when left out.</summary>
    public string? Language { get; init; }

    /// <summary>A code to redeem once the address is confirmed, as it is printed or typed.</summary>
    public string? GrantCode { get; init; }

    /// <summary>Whether the person accepts the platform's terms, and with a code its programme's. It has to be true.</summary>
    public bool? AcceptsTerms { get; init; }

    /// <summary>The year of the person's birth. Programmes that need a confirmation for minors ask for it, or for ofAge.</summary>
    public int? BirthYear { get; init; }

    /// <summary>True when the person is of age; then no year is kept.</summary>
    public bool? OfAge { get; init; }
}

/// <summary>A code that was mailed.</summary>
public sealed record CodeBody
{
    /// <summary>The eight digits of the mail.</summary>
    public string? Code { get; init; }
}

/// <summary>What a sign-up needs.</summary>
internal sealed class SignUpValidator : AbstractValidator<SignUpBody>
{
    public SignUpValidator()
    {
        RuleFor(body => body.Email).Email();
        RuleFor(body => body.Name).Name(200);
        RuleFor(body => body.OrganizationName).Name(200);
        RuleFor(body => body.Kind).OneOf(OrganizationKinds.All);
        RuleFor(body => body.Country).Country();
        RuleFor(body => body.Language).OneOf(PeopleRules.Languages, required: false);
        RuleFor(body => body.GrantCode).GrantCode(required: false);
        RuleFor(body => body.BirthYear).BirthYear();
        RuleFor(body => body.OfAge).OfAge(body => body.BirthYear);
        RuleFor(body => body.AcceptsTerms).Equal(true).WithMessage("State true: nobody signs up without accepting the platform's terms.");
    }
}

/// <summary>What a code needs.</summary>
internal sealed class CodeValidator : AbstractValidator<CodeBody>
{
    public CodeValidator() => RuleFor(body => body.Code).Code();
}

/// <summary>Rules that the bodies of this folder share.</summary>
internal static class PeopleRules
{
    public static readonly IReadOnlyList<string> Languages = ["en", "ko"];

    /// <summary>An address that mail can be sent to.</summary>
    public static IRuleBuilderOptions<T, string?> Email<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Bound(
                new Bounds
                {
                    IsRequired = required,
                    MinLength = 3,
                    MaxLength = EmailAddress.MaxLength,
                },
                text => text is null ? !required : EmailAddress.Parse(text) is not null
            )
            .WithMessage("State an e-mail address, such as mina@example.org.");

    /// <summary>Eight digits.</summary>
    public static IRuleBuilderOptions<T, string?> Code<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Bound(
                new Bounds { IsRequired = required, Pattern = "^(\\d[ -]*){8}$" },
                text => text is null ? !required : MailedCode.IsCode(text)
            )
            .WithMessage("State the eight digits of the code that was mailed.");
}
