using System.Globalization;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Fire;

/// <summary>10,000 events to 100 endpoints of which 30 are dead. Status 0 when the live ones got all in order, 3 otherwise.</summary>
internal static class FloodBench
{
    private const int Events = 10_000;
    private const int Endpoints = 100;
    private const int Dead = 30;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var cluster = await CrashCluster.StartAsync();
        var report = await DeliveryFloodRun.RunAsync(cluster.Database, Events, Endpoints, Dead, TimeSpan.FromMinutes(30));
        BenchReport.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Events:N0} events to {Endpoints} endpoints, {Dead} of them dead: {report.Deliveries:N0} deliveries in {report.Took:hh\\:mm\\:ss}, "
                    + $"{report.Deliveries / report.Took.TotalSeconds:N0}/s, memory grew by {report.GrownMebibytes} MiB"
            )
        );
        foreach (var finding in report.Findings.Take(20))
            BenchReport.Say($"  {finding}");
        BenchReport.End(
            options,
            new Dictionary<string, object>
            {
                ["ok"] = report.Findings.Count == 0,
                ["deliveries"] = report.Deliveries,
                ["seconds"] = Math.Round(report.Took.TotalSeconds, 1),
                ["grown_mib"] = report.GrownMebibytes,
            }
        );
        return report.Findings.Count == 0 ? 0 : 3;
    }
}
