using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace GpuGrants.Benchmarks.Fire;

/// <summary>
/// The fire tests at length: <c>bench fire --minutes N [--seed S] [--json]</c>. Status 0 when nothing was found, 3 otherwise.
/// </summary>
internal static class FireBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var minutes = Number(args, "--minutes", 1);
        var seed = Number(args, "--seed", Random.Shared.Next());
        if (minutes is not (>= 0.1 and <= 1_440) || seed is not (>= 0 and <= int.MaxValue))
        {
            await Console.Error.WriteLineAsync(
                "Usage: bench fire --minutes N [--seed S] [--json], with N from 0.1 to 1,440 and a whole S."
            );
            return 2;
        }

        Console.WriteLine($"Seed {(int)seed}, {minutes} minutes. Each round ends before the next begins; the last may take longer.");
        var started = Stopwatch.GetTimestamp();
        var (rounds, calls, findings) = (0, 0L, new List<string>());
        await using (var all = new FireRounds(new Random((int)seed)))
        {
            foreach (var (name, runAsync) in all.All())
            {
                var round = await TryAsync(runAsync);
                rounds++;
                calls += round.Calls;
                findings.AddRange(round.Findings.Select(finding => $"{name}: {finding}"));
                Console.WriteLine(
                    $"{Stopwatch.GetElapsedTime(started):hh\\:mm\\:ss}  {name}: {round.Said}; "
                        + $"{(round.Findings.Count == 0 ? "nothing found" : $"{round.Findings.Count} FINDINGS")}"
                );
                foreach (var finding in round.Findings.Take(20))
                    Console.WriteLine($"    {finding}");
                if (Stopwatch.GetElapsedTime(started).TotalMinutes >= minutes)
                    break;
            }
        }

        Console.WriteLine(
            $"{rounds} rounds, {calls:N0} calls and steps: "
                + $"{(findings.Count == 0 ? "nothing was lost, doubled, halved or out of order." : $"{findings.Count} findings.")}"
        );
        if (args.Contains("--json"))
            Console.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        ok = findings.Count == 0,
                        seed = (int)seed,
                        minutes = Stopwatch.GetElapsedTime(started).TotalMinutes,
                        rounds,
                        calls,
                        findings,
                    },
                    JsonSerializerOptions.Web
                )
            );
        return findings.Count == 0 ? 0 : 3;
    }

    /// <summary>A round that fails is a finding: whatever is done to it, the service answers.</summary>
    private static async Task<FireRound> TryAsync(Func<Task<FireRound>> runAsync)
    {
        try
        {
            return await runAsync();
        }
#pragma warning disable CA1031 // Reported, and the next round runs.
        catch (Exception failure)
        {
            return new FireRound("failed", 0, [failure.ToString()]);
        }
#pragma warning restore CA1031
    }

    private static double? Number(string[] args, string name, double otherwise)
    {
        var place = Array.IndexOf(args, name);
        if (place < 0)
            return otherwise;
        return place + 1 < args.Length && double.TryParse(args[place + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }
}
