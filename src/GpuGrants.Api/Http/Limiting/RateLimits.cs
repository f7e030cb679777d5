using System.ComponentModel.DataAnnotations;
using System.Globalization;
using BitFaster.Caching.Lru;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>How many calls a client may make. Configuration section <c>RateLimit</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Calls of one person in one window, through all clients and programs, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int Calls { get; set; } = 6_000;

    /// <summary>Calls for others of one partner in one window, by all its people and clients, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int CallsPerPartner { get; set; } = 30_000;

    /// <summary>Calls of one partner for one organization or person in one window, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int CallsPerServed { get; set; } = 1_200;

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

    /// <summary>Streams of events that one person keeps open at a time, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int StreamsPerCaller { get; set; } = 20;

    [Range(1, 3_600)]
    public int WindowSeconds { get; set; } = 60;
}

/// <summary>
/// Limits each person's calls, through all clients and programs together, and calls without a token by their remote address. A partner's
/// calls for others are limited by partner too, and by whom they are for, so that one of them leaves calls for the rest. It says so in
/// <c>RateLimit-Policy</c> and <c>RateLimit</c> headers (draft-ietf-httpapi-ratelimit-headers).
/// </summary>
public sealed class RateLimits(IOptions<RateLimitOptions> options, TimeProvider clock)
{
    private readonly RateLimit? _calls = RateLimit.Of("default", options.Value.Calls, options.Value.WindowSeconds, clock);

    private readonly RateLimit? _strangers = RateLimit.Of("address", options.Value.CallsPerAddress, options.Value.WindowSeconds, clock);

    private readonly RateLimit? _partners = RateLimit.Of("partner", options.Value.CallsPerPartner, options.Value.WindowSeconds, clock);

    private readonly RateLimit? _served = RateLimit.Of("served", options.Value.CallsPerServed, options.Value.WindowSeconds, clock);

    /// <summary>Takes one call from the window of the caller's person, or from that of the address where nobody says who calls.</summary>
    /// <exception cref="ProblemException">The window is used up, or a token was sent that is none.</exception>
    public void Take(HttpContext http)
    {
        if (http.CallerOrNobody() is { } caller)
            _calls?.Take(http, (caller.Self ?? caller).Actor.Person.ToString(), "All your clients and programs together");
        else if (http.Request.Headers.Authorization.Count > 0)
            // Whoever sends a token wants to be known, and learns that it no longer works.
            _ = http.Caller();
        else
            _strangers?.Take(http, http.RemoteAddressOrPrefix(), "Your address");
    }

    /// <summary>Takes one call from the windows of the partner and of whom it acts for; nothing where the caller acts for itself.</summary>
    /// <exception cref="ProblemException">A window is used up.</exception>
    public void TakeActing(HttpContext http)
    {
        if (http.CallerOrNobody() is not { ActsFor: { } whom, Actor.Acting: { } acting })
            return;
        _served?.Take(http, $"{acting.PartnerId}/{whom.Id}", "A partner that acts for one organization or person");
        _partners?.Take(http, acting.PartnerId.ToString(), "A partner with all its people");
    }
}

/// <summary>One limit: a number of calls per key in a window, which begins with the key's first call.</summary>
public sealed class RateLimit
{
    /// <summary>Windows kept at once. A key whose window was dropped begins a new one.</summary>
    private const int MaxKeys = 100_000;

    private readonly string _name;
    private readonly int _calls;
    private readonly TimeSpan _length;
    private readonly TimeProvider _clock;
    private readonly ConcurrentLru<string, RateWindow> _windows = new(MaxKeys);

    private RateLimit(string name, int calls, int windowSeconds, TimeProvider clock) =>
        (_name, _calls, _length, _clock) = (name, calls, TimeSpan.FromSeconds(windowSeconds), clock);

    /// <summary>Null for no limit.</summary>
    public static RateLimit? Of(string name, int calls, int windowSeconds, TimeProvider clock) =>
        calls == 0 ? null : new RateLimit(name, calls, windowSeconds, clock);

    /// <summary>Takes one call from the key's window and says in the headers what is left.</summary>
    /// <param name="http">The call.</param>
    /// <param name="key">Whose window.</param>
    /// <param name="who">The key in words, as a sentence begins.</param>
    /// <exception cref="ProblemException">The window is used up; it names the time until the next window.</exception>
    public void Take(HttpContext http, string key, string who)
    {
        var (passes, left, ends) = WindowOf(key).Take(_calls, _length);
        // Set when the answer starts, because a problem document clears headers that were set before.
        http.Response.OnStarting(() => Tell(http, left, ends));
        if (!passes)
            throw UsedUp(who, ends);
    }

    /// <summary>Takes one call from the key's window when its answer turns out to count, and says in the headers what is left.</summary>
    /// <param name="http">The call.</param>
    /// <param name="key">Whose window.</param>
    /// <param name="who">The key in words, as a sentence begins.</param>
    /// <param name="counts">Whether an answer with this status counts.</param>
    /// <exception cref="ProblemException">The window is used up already; it names the time until the next window.</exception>
    public void TakeWhen(HttpContext http, string key, string who, Func<int, bool> counts)
    {
        var window = WindowOf(key);
        var (passes, _, ends) = window.Look(_calls, _length);
        http.Response.OnStarting(() =>
        {
            var (_, left, after) = counts(http.Response.StatusCode) ? window.Take(_calls, _length) : window.Look(_calls, _length);
            return Tell(http, left, after);
        });
        if (!passes)
            throw UsedUp(who, ends);
    }

    private RateWindow WindowOf(string key) => _windows.GetOrAdd(key, _ => new RateWindow(_clock));

    private ProblemException UsedUp(string who, TimeSpan ends) => LimitAnswers.UsedUp(who, _calls, _length, ends);

    private Task Tell(HttpContext http, int left, TimeSpan ends) => LimitAnswers.Tell(http, _name, _calls, _length, left, ends);
}

/// <summary>The calls of one key since its window began. The clock's timestamp never jumps back.</summary>
internal sealed class RateWindow(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long _began = clock.GetTimestamp();
    private int _taken;

    /// <summary>Takes a call when fewer than <paramref name="calls"/> were taken.</summary>
    /// <returns>Whether the call passes, how many are left, and how long until the next window.</returns>
    public (bool Passes, int Left, TimeSpan Ends) Take(int calls, TimeSpan length)
    {
        lock (_gate)
        {
            var (passes, _, ends) = Look(calls, length);
            if (passes)
                _taken++;
            return (passes, calls - _taken, ends);
        }
    }

    /// <summary>The same without taking one.</summary>
    /// <returns>Whether a call would pass, how many are left, and how long until the next window.</returns>
    public (bool Passes, int Left, TimeSpan Ends) Look(int calls, TimeSpan length)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (clock.GetElapsedTime(_began, now) >= length)
                (_began, _taken) = (now, 0);
            return (_taken < calls, calls - _taken, length - clock.GetElapsedTime(_began, now));
        }
    }
}

/// <summary>How a limit says what is left of it, and that nothing is.</summary>
internal static class LimitAnswers
{
    /// <summary>The refusal of a window that is used up.</summary>
    /// <param name="who">Whose window, as a sentence begins.</param>
    /// <param name="calls">Calls of a window.</param>
    /// <param name="length">How long a window is.</param>
    /// <param name="ends">The time until the next window.</param>
    public static ProblemException UsedUp(string who, int calls, TimeSpan length, TimeSpan ends) =>
        new(
            Problem.Document(
                429,
                "rate-limited",
                $"{who} may make {calls} calls in {length.TotalSeconds} seconds. Wait for the seconds that Retry-After states."
            ),
            ends
        );

    /// <summary>Says in the headers what is left, beside other limits.</summary>
    public static Task Tell(HttpContext http, string name, int calls, TimeSpan length, int left, TimeSpan ends)
    {
        Add(http, "RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={calls};w={length.TotalSeconds}"));
        Add(http, "RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{name}\";r={left};t={Math.Ceiling(ends.TotalSeconds)}"));
        return Task.CompletedTask;
    }

    private static void Add(HttpContext http, string header, string item) =>
        http.Response.Headers[header] = StringValues.IsNullOrEmpty(http.Response.Headers[header])
            ? item
            : $"{http.Response.Headers[header]}, {item}";
}
