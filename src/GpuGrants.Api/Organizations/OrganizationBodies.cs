using FluentValidation;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Organizations;

/// <summary>A new organization.</summary>
public sealed record OrganizationBody
{
    /// <summary>startup, individual, student, school, university, nonprofit or enterprise. A lone developer is an individual.</summary>
    public string? Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }

    /// <summary>
    /// For platform administrators: the name of an owner to make, whose client credentials the answer shows once. Otherwise the caller owns
    /// it.
    /// </summary>
    public string? OwnerName { get; init; }

    /// <summary>The <c>sub</c> of the owner's tokens, where an external issuer makes them.</summary>
    public string? OwnerSubject { get; init; }

    /// <summary>False for an organization that only tests, in test programmes.</summary>
    public bool? Livemode { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. No rule reads them.</summary>
    public Dictionary<string, string>? Metadata { get; init; }
}

/// <summary>Changes of an organization, which keep what they leave out.</summary>
public sealed record OrganizationPatch : IOwnNames
{
    public string? Name { get; init; }

    public string? Country { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    [MayBeEmpty]
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. In a change, null removes a note.</summary>
    [MayBeEmpty]
    public Dictionary<string, string?>? Metadata { get; init; }

    /// <summary>For platform administrators: active or suspended.</summary>
    public string? Status { get; init; }
}

/// <summary>What a new organization's fields need.</summary>
internal sealed class OrganizationValidator : AbstractValidator<OrganizationBody>
{
    public OrganizationValidator()
    {
        RuleFor(body => body.Kind).OneOf(OrganizationKinds.All);
        RuleFor(body => body.Name).Name(200);
        RuleFor(body => body.Country).Country();
        RuleFor(body => body.OwnerName).Name(200, required: false);
        RuleFor(body => body.OwnerSubject).Text(Newcomer.MaxSubject, required: false);
        RuleFor(body => body.ExternalId).ExternalId();
        RuleFor(body => body.Metadata).Notes();
    }
}

/// <summary>What the changed fields need.</summary>
internal sealed class OrganizationPatchValidator : AbstractValidator<OrganizationPatch>
{
    public OrganizationPatchValidator()
    {
        RuleFor(body => body.Name).Name(200, required: false);
        RuleFor(body => body.Country).Country(required: false);
        RuleFor(body => body.Status).OneOf([OrganizationStatus.Active, OrganizationStatus.Suspended], required: false);
        this.HasOwnNames(isNew: false);
    }
}
