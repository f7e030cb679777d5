using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GpuGrants.Api.Tests.Fire.Engine;

namespace GpuGrants.Benchmarks.Fire;

/// <summary>The fire tests at length: <c>bench fire --minutes N [--json]</c>. Status 0 when nothing was found, 3 otherwise.</summary>
internal static class FireBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var minutes = Minutes(args);
        if (minutes is null)
        {
            await Console.Error.WriteLineAsync("Usage: bench fire --minutes N [--json], with N from 0.1 to 1,440.");
            return 2;
        }

        var started = Stopwatch.GetTimestamp();
        var report = await CrashRun.RunAsync(_ => Stopwatch.GetElapsedTime(started).TotalMinutes < minutes);
        Console.WriteLine($"{report.Crashes} crashes of the service, of PostgreSQL and of both; {report.Answered:N0} calls answered, {report.Unanswered:N0} of them only when they were sent again.");
        foreach (var finding in report.Findings) Console.WriteLine($"  {finding}");
        Console.WriteLine(report.Findings.Count == 0 ? "Nothing was lost, doubled or halved." : $"{report.Findings.Count} findings.");
        if (args.Contains("--json"))
            Console.WriteLine(JsonSerializer.Serialize(new { ok = report.Findings.Count == 0, minutes = Stopwatch.GetElapsedTime(started).TotalMinutes, report.Crashes, report.Answered, report.Unanswered, report.Findings }, JsonSerializerOptions.Web));
        return report.Findings.Count == 0 ? 0 : 3;
    }

    /// <summary>1 when it is not stated; null when it is no number of minutes.</summary>
    private static double? Minutes(string[] args)
    {
        var place = Array.IndexOf(args, "--minutes");
        if (place < 0) return 1;
        return place + 1 < args.Length && double.TryParse(args[place + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out var minutes) && minutes is >= 0.1 and <= 1_440 ? minutes : null;
    }
}
