using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Access;

/// <summary>
/// An OIDC issuer whose subjects people link to themselves, and whose claim may show who they are. Configuration section
/// <c>Access:TrustedIssuers</c>.
/// </summary>
public sealed class TrustedIssuer
{
    private static readonly string[] OfOne = ["individual", "student"];

    /// <summary>The issuer's address, as in the <c>iss</c> of its tokens.</summary>
    public string Address { get; set; } = "";

    /// <summary>The claim that shows how well the issuer knows a person, such as <c>assurance</c>; none when it shows nothing.</summary>
    public string? IdentityClaim { get; set; }

    /// <summary>Values of the claim that prove identity, such as <c>high</c>.</summary>
    public string[]? IdentityValues { get; set; }

    /// <summary>Kinds of organization that a person's identity verifies; individual and student when empty.</summary>
    public string[]? IdentityKinds { get; set; }

    /// <summary>Days for which a proved identity counts.</summary>
    public int IdentityDays { get; set; } = 365;

    /// <summary>Kinds of organization that a person's identity verifies.</summary>
    internal IReadOnlyList<string> Kinds => IdentityKinds is { Length: > 0 } kinds ? kinds : OfOne;

    /// <summary>What is wrong with its settings.</summary>
    /// <param name="key">Its key of the configuration.</param>
    internal IEnumerable<ValidationResult> Check(string key)
    {
        if (!Uri.TryCreate(Address, UriKind.Absolute, out _))
            yield return new ValidationResult("State the issuer's address.", [$"{key}:Address"]);
        if (IdentityClaim is null != IdentityValues is not { Length: > 0 })
            yield return new ValidationResult("State the claim together with its values.", [$"{key}:IdentityClaim"]);
        if (IdentityDays is < 1 or > 3_650)
            yield return new ValidationResult("State 1 to 3,650 days.", [$"{key}:IdentityDays"]);
        if (Kinds.FirstOrDefault(kind => !OrganizationKinds.All.Contains(kind)) is { } wrong)
            yield return new ValidationResult($"'{wrong}' is no kind of organization.", [$"{key}:IdentityKinds"]);
    }
}
