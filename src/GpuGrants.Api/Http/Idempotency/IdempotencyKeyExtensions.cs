using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Submissions;
using Microsoft.AspNetCore.Routing.Patterns;

namespace GpuGrants.Api.Http.Idempotency;

/// <summary>Reads the idempotency key of a call.</summary>
public static class IdempotencyKeyExtensions
{
    private const string Scope = "gpugrants.key-scope";

    /// <summary>Whose keys the call's key is one of, for a call without a client.</summary>
    public static void SetKeyScope(this HttpContext http, string scope) => http.Items[Scope] = scope;

    /// <summary>The caller's key for this call; null when it sent none.</summary>
    /// <exception cref="ProblemException">The key is empty, too long or has characters that no key has.</exception>
    public static IdempotencyKey? IdempotencyKey(this HttpContext http)
    {
        var values = http.Request.Headers["Idempotency-Key"];
        if (values.Count == 0)
            return null;
        var key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key.Length >= 2 && key[0] == '"' && key[^1] == '"')
            key = key[1..^1];
        if (key.Length is 0 or > Pipeline.Submissions.IdempotencyKey.MaxLength || key.Any(letter => letter is < ' ' or > '~'))
            throw Problem.Malformed(
                "Idempotency-Key",
                $"An idempotency key has 1 to {Pipeline.Submissions.IdempotencyKey.MaxLength} printable ASCII characters."
            );
        // For somebody else it is another call.
        var whom = http.CallerOrNobody()?.ActsFor is { } acting ? acting.ToString() : "";
        var call = SHA256.HashData([.. Encoding.UTF8.GetBytes((http.Request.QueryString.Value ?? "") + whom), .. http.BodyHash()]);
        // Routing takes "post" for POST, so the key does too.
        return new IdempotencyKey(
            http.Items[Scope] as string ?? http.Caller().ClientId,
            $"{http.Request.Method.ToUpperInvariant()} {OnePath(http)}",
            key,
            call
        );
    }

    /// <summary>The call's path in one spelling. Letter case, a trailing slash and other ways to write a UUID do not change it.</summary>
    private static string OnePath(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
            return http.Request.Path;
        var path = new StringBuilder();
        foreach (var segment in endpoint.RoutePattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                path.Append(Spelled(http, part));
        }

        return path.ToString();
    }

    private static string? Spelled(HttpContext http, RoutePatternPart part)
    {
        if (part is RoutePatternLiteralPart literal)
            return literal.Content;
        var value = part is RoutePatternParameterPart parameter ? http.Request.RouteValues[parameter.Name]?.ToString() : null;
        return Guid.TryParse(value, out var id) ? id.ToString() : value;
    }
}
