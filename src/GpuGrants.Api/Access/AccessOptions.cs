using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Access;

/// <summary>How callers prove who they are. Configuration section <c>Access</c>.</summary>
public sealed class AccessOptions : IValidatableObject
{
    /// <summary>
    /// The address under which clients reach the service: the issuer of its tokens. Configuration key <c>Access:PublicUrl</c>.
    /// </summary>
    [Required]
    [Url]
    public string PublicUrl { get; set; } = "http://localhost:8080/";

    /// <summary>The audience that a token must name.</summary>
    [Required]
    public string Audience { get; set; } = "gpugrants";

    /// <summary>An external OIDC issuer whose tokens are taken instead of the embedded server's; null for the embedded one.</summary>
    [Url]
    public string? ExternalIssuer { get; set; }

    /// <summary>
    /// Encrypts the stored keys, which sign tokens and protect cursors. Without it the database's privileges alone protect them.
    /// </summary>
    public string? KeyPassphrase { get; set; }

    /// <summary>A file with the passphrase, such as a mounted secret; it wins over <see cref="KeyPassphrase"/>.</summary>
    public string? KeyPassphraseFile { get; set; }

    /// <summary>Days for which a past role keeps its holder from deciding on what benefits those people.</summary>
    [Range(1, 3_650)]
    public int IndependenceDays { get; set; } = 90;

    /// <summary>
    /// Principals of whom those who run the service say that each is another person. They count where several people have to agree. Only
    /// for a service that has neither mail nor an issuer, by which people prove who they are.
    /// </summary>
    public Guid[] ConfirmedPrincipals { get; set; } = [];

    /// <summary>Issuers whose subjects people link to themselves.</summary>
    public TrustedIssuer[] TrustedIssuers { get; set; } = [];

    [Range(1, 3_600)]
    public int TokenSeconds { get; set; } = 3_600;

    /// <summary>How long a key signs; the next is published a day before.</summary>
    [Range(2, 365)]
    public int SigningKeyDays { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        TrustedIssuers
            .SelectMany((one, i) => one.Check($"{nameof(TrustedIssuers)}:{i}"))
            .Concat(
                ConfirmedPrincipals.Length > 0 && (ExternalIssuer is not null || TrustedIssuers.Length > 0)
                    ? [new ValidationResult(OnlyWithoutProof, [nameof(ConfirmedPrincipals)])]
                    : []
            );

    internal const string OnlyWithoutProof = "Leave it out: people prove who they are by mail or by an issuer, which this service has.";
}
