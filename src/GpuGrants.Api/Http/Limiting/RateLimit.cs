using BitFaster.Caching.Lru;
using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http.Limiting;

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
