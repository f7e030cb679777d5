namespace GpuGrants.Api.People;

/// <summary>What somebody who signs up has stated.</summary>
public sealed record SignUpDetails(string Email, string Name, string Language, string OrganizationName, string Kind, string Country)
{
    /// <summary>The terms that were accepted: the platform's in force when the sign-up was sent, and with a code its programme's.</summary>
    public IReadOnlyList<Guid> TermsIds { get; init; } = [];

    /// <summary>The code to redeem once the address is confirmed; null for none.</summary>
    public string? GrantCode { get; init; }

    public int? BirthYear { get; init; }

    public bool? OfAge { get; init; }
}
