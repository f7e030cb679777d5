using System.Buffers.Text;
using System.Text.Json;
using GpuGrants.Api.Http.Bodies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>Tokens of trusted issuers that a call carries in its body: whoever has one shows to be its subject.</summary>
public sealed partial class IssuerTokens(
    IOptions<AccessOptions> access,
    IOptionsMonitor<JwtBearerOptions> schemes,
    ILogger<IssuerTokens> logger
)
{
    /// <summary>OpenID Connect Core, section 2.</summary>
    internal const int MaxSubject = 255;

    /// <summary>The scheme that validates an issuer's tokens.</summary>
    internal static string SchemeOf(string issuer) => $"{JwtBearerDefaults.AuthenticationScheme}:{issuer}";

    /// <summary>Validates a token: its issuer, signature, audience and end.</summary>
    /// <returns>Null when it is no valid token of a trusted issuer.</returns>
    public async Task<IssuedIdentity?> ReadAsync(string token, CancellationToken cancellation)
    {
        if (access.Value.TrustedIssuers.FirstOrDefault(one => IsOf(token, one.Address)) is not { } issuer)
            return null;
        var options = schemes.Get(SchemeOf(issuer.Address));
        var parameters = options.TokenValidationParameters.Clone();
        try
        {
            var known = await options.ConfigurationManager!.GetConfigurationAsync(cancellation);
            (parameters.ValidIssuer, parameters.IssuerSigningKeys) = (known.Issuer, known.SigningKeys);
        }
        catch (InvalidOperationException unreachable)
        {
            LogUnreachable(unreachable, issuer.Address);
            return null;
        }

        var result = await options.TokenHandlers[0].ValidateTokenAsync(token, parameters);
        var subject = result.IsValid ? result.ClaimsIdentity.FindFirst("sub")?.Value : null;
        return IsSubject(subject) ? new IssuedIdentity(issuer, subject!, result.ClaimsIdentity) : null;
    }

    /// <summary>Whether a principal may have the subject: what none can have is not asked of the database, which takes no NUL.</summary>
    internal static bool IsSubject(string? subject) => subject is { Length: > 0 and <= MaxSubject } && Rules.IsPrintable(subject);

    /// <summary>Whether the token says to be of the issuer. Nothing is proved by it.</summary>
    internal static bool IsOf(string token, string issuer)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
            return false;
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return payload.RootElement.ValueKind == JsonValueKind.Object
                && payload.RootElement.TryGetProperty("iss", out var claim)
                && claim.ValueKind == JsonValueKind.String
                && claim.GetString()!.TrimEnd('/') == issuer.TrimEnd('/');
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The issuer {Issuer} does not say its keys.")]
    private partial void LogUnreachable(Exception failure, string issuer);
}

/// <summary>Whom a valid token names.</summary>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Claims">What the issuer says of the subject.</param>
public sealed record IssuedIdentity(TrustedIssuer Issuer, string Subject, System.Security.Claims.ClaimsIdentity Claims)
{
    /// <summary>The value by which the issuer proves who the subject is; null when it proves nothing.</summary>
    public string? Assurance =>
        Issuer.IdentityClaim is { } claim
            ? Claims.FindAll(claim).Select(one => one.Value).FirstOrDefault(value => Issuer.IdentityValues!.Contains(value))
            : null;
}
