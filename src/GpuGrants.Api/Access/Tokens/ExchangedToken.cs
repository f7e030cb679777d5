using System.Security.Claims;
using System.Text.Json;
using GpuGrants.Api.Http.Callers;
using OpenIddict.Abstractions;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// What a token says that was exchanged for a consent: for whom (<c>sub</c>), who acts (<c>act</c>, RFC 8693), and by which consent
/// (<c>consent</c>).
/// </summary>
/// <param name="Whom">For whom the client acts.</param>
/// <param name="ClientId">The partner's client.</param>
internal sealed record ExchangedToken(OnBehalf Whom, string ClientId)
{
    private const string Act = "act";
    private const string Consent = "consent";
    private const string Organization = "organization:";
    private const string Person = "person:";

    /// <summary>Reads it of a validated token of the embedded server; null when the token was not exchanged.</summary>
    /// <returns>A client without a name where the claims cannot be read, so that nobody is let in.</returns>
    public static ExchangedToken? Of(ClaimsPrincipal token)
    {
        if (token.FindFirst(Act) is not { } act)
            return null;
        var subject = token.FindFirst(OpenIddictConstants.Claims.Subject)?.Value ?? "";
        var isPerson = subject.StartsWith(Person, StringComparison.Ordinal);
        using var actor = JsonDocument.Parse(act.Value);
        // Tokens of the release before name no consent; they live for minutes.
        var consent = Guid.Empty;
        return
            Guid.TryParseExact(subject[(subject.IndexOf(':', StringComparison.Ordinal) + 1)..], "D", out var id)
            && actor.RootElement.TryGetProperty(OpenIddictConstants.Claims.Subject, out var client)
            && (token.FindFirst(Consent)?.Value is not { } stated || Guid.TryParseExact(stated, "D", out consent))
            ? new ExchangedToken(new OnBehalf(id, isPerson, consent == Guid.Empty ? null : consent), client.GetString() ?? "")
            : new ExchangedToken(new OnBehalf(Guid.Empty, isPerson), "");
    }

    /// <summary>Writes both into the claims of a new token.</summary>
    public static void Describe(ClaimsIdentity identity, OnBehalf whom, string clientId)
    {
        identity.AddClaim(new Claim(OpenIddictConstants.Claims.Subject, $"{(whom.IsPerson ? Person : Organization)}{whom.Id}"));
        var actor = JsonSerializer.Serialize(new Dictionary<string, string> { [OpenIddictConstants.Claims.Subject] = clientId });
        identity.AddClaim(new Claim(Act, actor, "JSON"));
        if (whom.ConsentId is { } consent)
            identity.AddClaim(new Claim(Consent, consent.ToString()));
    }
}
