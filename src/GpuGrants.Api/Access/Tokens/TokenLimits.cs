using System.Text;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// Limits how often tokens are asked for. What an address asks for counts for the address, and wrong secrets count there alone. Only tokens
/// that were given count for a client, so nobody locks out a client whose id they know.
/// </summary>
public sealed class TokenLimits(IOptions<RateLimitOptions> options, TimeProvider clock)
{
    private readonly RateLimit? _addresses = RateLimit.Of("address", options.Value.TokensPerAddress, options.Value.WindowSeconds, clock);
    private readonly RateLimit? _mistakes = RateLimit.Of("mistakes", options.Value.MistakesPerAddress, options.Value.WindowSeconds, clock);
    private readonly RateLimit? _clients = RateLimit.Of("client", options.Value.TokensPerClient, options.Value.WindowSeconds, clock);

    /// <summary>Takes one call from the address's window. Its mistakes and the client's tokens count when the answer is known.</summary>
    /// <exception cref="ProblemException">One of the windows is used up, before any secret is looked at.</exception>
    public async Task TakeAsync(HttpContext http)
    {
        var address = http.RemoteAddressOrPrefix();
        // The address comes first: it bounds how many client ids one caller can invent.
        _addresses?.Take(http, address, "Your address");
        _mistakes?.TakeWhen(http, address, "Your address, with wrong secrets,", status => status == StatusCodes.Status401Unauthorized);
        // The form is read here in any case, within its time.
        if (await ClientIdAsync(http) is { Length: > 0 and <= TokenServer.MaxClientId } client)
            _clients?.TakeWhen(http, client, "The client", status => status == StatusCodes.Status200OK);
    }

    private static async Task<string?> ClientIdAsync(HttpContext http)
    {
        var request = http.Request;
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return FromBasic(header[6..]);
        if (!request.HasFormContentType)
            return null;
        using var cut = http.CutSlowBody();
        try
        {
            return (await request.ReadFormAsync(cut.Token))["client_id"].ToString();
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            throw http.TooSlow();
        }
    }

    /// <summary>RFC 6749, section 2.3.1: both parts are form-encoded first.</summary>
    private static string? FromBasic(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length))
            return null;
        return Uri.UnescapeDataString(Encoding.UTF8.GetString(bytes, 0, length).Split(':')[0]);
    }
}
