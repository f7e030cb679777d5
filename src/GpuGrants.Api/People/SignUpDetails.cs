namespace GpuGrants.Api.People;

/// <summary>What somebody who signs up has stated.</summary>
public sealed record SignUpDetails(string Email, string Name, string Language, string OrganizationName, string Kind, string Country)
{
    /// <summary>The platform's terms that were accepted: those in force when the sign-up was sent.</summary>
    public IReadOnlyList<Guid> TermsIds { get; init; } = [];

    public int? BirthYear { get; init; }

    public bool? OfAge { get; init; }
}
