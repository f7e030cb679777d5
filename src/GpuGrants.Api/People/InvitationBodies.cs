using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;

namespace GpuGrants.Api.People;

/// <summary>Whom to invite, and to what.</summary>
public sealed record InvitationBody
{
    /// <summary>The address of the person.</summary>
    public string? Email { get; init; }

    /// <summary>The role to accept, such as organization-member.</summary>
    public string? Role { get; init; }

    /// <summary>The organization, programme, provider or partner; left out for the platform.</summary>
    public Guid? ResourceId { get; init; }

    /// <summary>The language of the mail: en or ko; en when left out.</summary>
    public string? Language { get; init; }
}

/// <summary>A yes to an invitation.</summary>
public sealed record AcceptInvitationBody
{
    /// <summary>The eight digits of the mail.</summary>
    public string? Code { get; init; }

    /// <summary>The person's name; needed of somebody who has not signed up yet.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the person accepts the platform's terms. It has to be true.</summary>
    public bool? AcceptsTerms { get; init; }
}

/// <summary>Somebody accepted an invitation.</summary>
public sealed record JoinedView
{
    public required PersonView Person { get; init; }

    public required string Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ResourceId { get; init; }

    /// <summary>
    /// What waits where a rule asks for several approvals: the role comes when others have agreed to this change proposal.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ChangeProposalId { get; init; }

    /// <summary>A new API client with the scopes of the role; the secret is shown only this once.</summary>
    public required CredentialsView Client { get; init; }

    /// <summary>With which to go on at once; left out in a repetition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FirstTokenView? Token { get; init; }

    internal JoinedView WithoutSecret() => this with { Client = Client.WithoutSecret(), Token = null };
}

/// <summary>What an invitation needs.</summary>
internal sealed class InvitationValidator : AbstractValidator<InvitationBody>
{
    public InvitationValidator()
    {
        RuleFor(body => body.Email).Email();
        RuleFor(body => body.Role).OneOf(Roles.All);
        RuleFor(body => body.ResourceId)
            .NotNull()
            .WithMessage("State the organization, programme, provider or partner.")
            .When(body => body.Role is not { } role || !Roles.IsOfPlatform(role));
        RuleFor(body => body.Language).OneOf(PeopleRules.Languages, required: false);
    }
}

/// <summary>What a yes needs.</summary>
internal sealed class AcceptInvitationValidator : AbstractValidator<AcceptInvitationBody>
{
    public AcceptInvitationValidator()
    {
        RuleFor(body => body.Code).Code();
        RuleFor(body => body.Name).Name(200, required: false);
        RuleFor(body => body.AcceptsTerms).Equal(true).WithMessage("State true: nobody joins without accepting the platform's terms.");
    }
}

/// <summary>What an invitation keeps, encrypted.</summary>
internal sealed record InvitationDetails(string Email, string Language);
