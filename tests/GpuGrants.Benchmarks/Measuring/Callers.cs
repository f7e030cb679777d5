using System.Diagnostics;
using System.Runtime;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Callers that each send one call, wait for its answer, and send the next.</summary>
internal static class Callers
{
    private const int LeastSlices = 4;

    /// <summary>
    /// Runs until the runtime has compiled what is hot, at most a minute: a service runs for months, so its first seconds are not measured.
    /// </summary>
    public static async Task WarmUpAsync(Func<TimeSpan, Task> run)
    {
        var slice = TimeSpan.FromSeconds(3);
        var began = Stopwatch.GetTimestamp();
        // Code is compiled again once it is known how it is used, so one quiet slice is not the end of it.
        for (
            var (slices, quiet) = (0, 0);
            (slices < LeastSlices || quiet < 2) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1);
            slices++
        )
        {
            var compiled = JitInfo.GetCompilationTime(currentThread: false);
            await run(slice);
            quiet = JitInfo.GetCompilationTime(currentThread: false) - compiled < slice * 0.05 ? quiet + 1 : 0;
        }
    }

    /// <summary>Runs for so long; <paramref name="call"/> gets the caller's number.</summary>
    public static async Task<Round> RunAsync(int callers, TimeSpan duration, Func<int, Task> call)
    {
        var latencies = new Latencies(callers);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(caller =>
                    Task.Run(async () =>
                    {
                        while (Stopwatch.GetElapsedTime(began) < duration)
                        {
                            var sent = Stopwatch.GetTimestamp();
                            await call(caller);
                            latencies.Add(caller, Stopwatch.GetElapsedTime(sent));
                        }
                    })
                )
        );
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new Round(latencies.Count / took, latencies.At(0.5), latencies.At(0.99), Round.None);
    }
}
