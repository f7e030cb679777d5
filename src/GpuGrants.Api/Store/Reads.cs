using System.Diagnostics;

namespace GpuGrants.Api.Store;

/// <summary>
/// Reads again what failed because its connection had died: a pooled connection learns that PostgreSQL went away only when it is used next.
/// A read changes nothing, so it may run as often as it takes. <c>RunAgain</c> also gives it whole endpoints, and says why that is
/// harmless.
/// </summary>
public static class Reads
{
    // Npgsql empties the pool when one connection breaks, so the second try has a new one. The rest is for a PostgreSQL that still starts.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads, for at most five seconds.</summary>
    /// <param name="read">Changes nothing.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="Exception">The last failure.</exception>
    public static Task<T> RetryAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => RetryAsync(read, _ => true, cancellation);

    /// <summary>As the other, while <paramref name="mayRepeat"/> says of a failure that it leaves it harmless to run again.</summary>
    public static async Task<T> RetryAsync<T>(Func<Task<T>> read, Func<Exception, bool> mayRepeat, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await read();
            }
            // An I/O failure of its own is of the caller's connection, not of one to PostgreSQL.
            catch (Exception failure)
                when (failure is not IOException
                    && Transient.Is(failure)
                    && mayRepeat(failure)
                    && Stopwatch.GetElapsedTime(started) < Patience
                )
            {
                await Task.Delay(Math.Min(500, 5 << Math.Min(tries, 7)), cancellation);
            }
        }
    }
}
