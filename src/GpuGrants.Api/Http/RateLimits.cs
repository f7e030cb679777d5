using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using GpuGrants.Api.Access;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Http;

/// <summary>How many calls a client may make. Configuration section <c>RateLimit</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Calls of one client in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int Calls { get; set; } = 6_000;

    [Range(1, 3_600)]
    public int WindowSeconds { get; set; } = 60;
}

/// <summary>Limits each client's calls and says so in <c>RateLimit-Policy</c> and <c>RateLimit</c> headers (draft-ietf-httpapi-ratelimit-headers).</summary>
public sealed class RateLimits : IDisposable
{
    private readonly RateLimitOptions _options;
    private readonly PartitionedRateLimiter<string>? _limiter;

    public RateLimits(IOptions<RateLimitOptions> options)
    {
        _options = options.Value;
        if (_options.Calls == 0) return;
        _limiter = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetFixedWindowLimiter(client, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = _options.Calls,
            Window = TimeSpan.FromSeconds(_options.WindowSeconds),
        }));
    }

    /// <summary>Takes one call from the client's window.</summary>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public void Take(HttpContext http)
    {
        if (_limiter is null) return;
        var client = http.Caller().ClientId;
        using var lease = _limiter.AttemptAcquire(client);
        var left = Math.Max(0, _limiter.GetStatistics(client)?.CurrentAvailablePermits ?? 0);
        http.Response.Headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";q={_options.Calls};w={_options.WindowSeconds}");
        http.Response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";r={left}");
        if (lease.IsAcquired) return;
        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(_options.WindowSeconds);
        throw new ProblemException(Problem.Document(429, "rate-limited", $"The client may make {_options.Calls} calls in {_options.WindowSeconds} seconds. Wait as Retry-After says."), after);
    }

    public void Dispose() => _limiter?.Dispose();
}
