using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http;

/// <summary>One limit: a number of calls per key and window.</summary>
public sealed class RateLimit : IDisposable
{
    private readonly string _name;
    private readonly int _calls;
    private readonly int _windowSeconds;
    private readonly PartitionedRateLimiter<string> _limiter;

    private RateLimit(string name, int calls, int windowSeconds)
    {
        (_name, _calls, _windowSeconds) = (name, calls, windowSeconds);
        _limiter = PartitionedRateLimiter.Create<string, string>(key =>
            RateLimitPartition.GetFixedWindowLimiter(
                key,
                _ => new FixedWindowRateLimiterOptions { PermitLimit = calls, Window = TimeSpan.FromSeconds(windowSeconds) }
            )
        );
    }

    /// <summary>Null for no limit.</summary>
    public static RateLimit? Of(string name, int calls, int windowSeconds) => calls == 0 ? null : new RateLimit(name, calls, windowSeconds);

    /// <summary>Takes one call from the key's window and says in the headers what is left.</summary>
    /// <param name="http">The call.</param>
    /// <param name="key">Whose window.</param>
    /// <param name="who">The key in words, as a sentence begins.</param>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public void Take(HttpContext http, string key, string who)
    {
        using var lease = _limiter.AttemptAcquire(key);
        var left = Math.Max(0, _limiter.GetStatistics(key)?.CurrentAvailablePermits ?? 0);
        // Set when the answer starts, because a problem document clears headers that were set before.
        http.Response.OnStarting(() =>
        {
            Add(http, "RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"{_name}\";q={_calls};w={_windowSeconds}"));
            Add(http, "RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{_name}\";r={left}"));
            return Task.CompletedTask;
        });
        if (lease.IsAcquired)
            return;
        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(_windowSeconds);
        throw new ProblemException(
            Problem.Document(
                429,
                "rate-limited",
                $"{who} may make {_calls} calls in {_windowSeconds} seconds. Wait for the seconds that Retry-After states."
            ),
            after
        );
    }

    public void Dispose() => _limiter.Dispose();

    private static void Add(HttpContext http, string header, string item) =>
        http.Response.Headers[header] = StringValues.IsNullOrEmpty(http.Response.Headers[header])
            ? item
            : $"{http.Response.Headers[header]}, {item}";
}
