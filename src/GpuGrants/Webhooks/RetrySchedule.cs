namespace GpuGrants.Webhooks;

/// <summary>When an event is sent again that an endpoint did not take.</summary>
public static class RetrySchedule
{
    /// <summary>The wait before each attempt, counted from the attempt before.</summary>
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.Zero,
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(10),
    ];

    /// <summary>The most by which chance lengthens a wait, so that endpoints that failed together do not return together.</summary>
    private const double MaxJitter = 0.1;

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>Attempts in all.</summary>
    public static int MaxAttempts => Waits.Length;

    /// <summary>When to try next.</summary>
    /// <param name="failed">Attempts so far, at least 1, all of which failed.</param>
    /// <param name="now">The moment of the last failure.</param>
    /// <param name="retryAfter">What the receiver asked for; null for nothing. More than a day counts as a day.</param>
    /// <param name="chance">From 0 up to, not including, 1.</param>
    /// <returns>Null when there is no further attempt.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its bounds.</exception>
    public static DateTimeOffset? Next(int failed, DateTimeOffset now, TimeSpan? retryAfter, double chance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failed, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(chance);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chance, 1);
        if (failed >= MaxAttempts)
            return null;
        var wait = Waits[failed] * (1 + MaxJitter * chance);
        var asked = retryAfter is { } after ? (after < LongestRetryAfter ? after : LongestRetryAfter) : TimeSpan.Zero;
        return now + (asked > wait ? asked : wait);
    }
}
