using System.Text;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>Limits how often tokens are asked for, by remote address and by client, before a secret is looked at.</summary>
public sealed class TokenLimits(IOptions<RateLimitOptions> options, TimeProvider clock)
{
    private readonly RateLimit? _addresses = RateLimit.Of("address", options.Value.TokensPerAddress, options.Value.WindowSeconds, clock);
    private readonly RateLimit? _clients = RateLimit.Of("client", options.Value.TokensPerClient, options.Value.WindowSeconds, clock);

    /// <summary>Takes one call from the windows of the address and the client.</summary>
    /// <exception cref="ProblemException">One of the windows is used up.</exception>
    public async Task TakeAsync(HttpContext http)
    {
        // The address comes first: it bounds how many client ids one caller can invent.
        _addresses?.Take(http, http.Connection.RemoteIpAddress?.ToString() ?? "", "Your address");
        if (_clients is not null && await ClientIdAsync(http.Request) is { Length: > 0 and <= TokenServer.MaxClientId } client)
            _clients.Take(http, client, "The client");
    }

    private static async Task<string?> ClientIdAsync(HttpRequest request)
    {
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return FromBasic(header[6..]);
        return request.HasFormContentType
            ? (await request.ReadFormAsync(request.HttpContext.RequestAborted))["client_id"].ToString()
            : null;
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
