using System.ComponentModel.DataAnnotations;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>How many calls a client may make. Configuration section <c>RateLimit</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Calls of one principal in one window, through all of its clients, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int Calls { get; set; } = 6_000;

    /// <summary>Calls without a token of one remote address in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int CallsPerAddress { get; set; } = 600;

    /// <summary>Tokens that one client may get in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int TokensPerClient { get; set; } = 60;

    /// <summary>Tokens that one remote address may ask for in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int TokensPerAddress { get; set; } = 1_200;

    /// <summary>Wrong secrets and unknown clients that one remote address may send in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int MistakesPerAddress { get; set; } = 60;

    /// <summary>Statements and exports that one person reads at a time, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int ExportsPerCaller { get; set; } = 2;

    [Range(1, 3_600)]
    public int WindowSeconds { get; set; } = 60;
}

/// <summary>
/// Limits each principal's calls, through all of its clients together, and calls without a token by their remote address. It says so in
/// <c>RateLimit-Policy</c> and <c>RateLimit</c> headers (draft-ietf-httpapi-ratelimit-headers).
/// </summary>
public sealed class RateLimits(IOptions<RateLimitOptions> options, TimeProvider clock)
{
    private readonly RateLimit? _calls = RateLimit.Of("default", options.Value.Calls, options.Value.WindowSeconds, clock);

    private readonly RateLimit? _strangers = RateLimit.Of("address", options.Value.CallsPerAddress, options.Value.WindowSeconds, clock);

    /// <summary>Takes one call from the principal's window, or from that of the address where nobody says who calls.</summary>
    /// <exception cref="ProblemException">The window is used up, or a token was sent that is none.</exception>
    public void Take(HttpContext http)
    {
        if (http.CallerOrNobody() is { } caller)
            _calls?.Take(http, caller.PrincipalId.ToString(), "All your clients together");
        else if (http.Request.Headers.Authorization.Count > 0)
            // Whoever sends a token wants to be known, and learns that it no longer works.
            _ = http.Caller();
        else
            _strangers?.Take(http, http.Connection.RemoteIpAddress?.ToString() ?? "", "Your address");
    }
}
