using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Kills the service in the middle of its deliveries, with one replica and with two, while requests go on. Then it looks whether a receiver
/// outside the process got every event, and the events of each resource in order.
/// </summary>
internal static class DeliveryCrashRun
{
    private const int BeforeAKill = 25;
    private const int Callers = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Settings =
    [
        "--Webhooks:AllowedNetworks:0=127.0.0.0/8",
        "--Webhooks:PollMilliseconds=50",
        "--Webhooks:LeaseSeconds=1",
    ];

    /// <param name="database">Migrated, and nobody's.</param>
    /// <param name="goesOn">Whether to kill once more; the number of kills so far. Every second kill is of one of two replicas.</param>
    public static async Task<DeliveryCrashReport> RunAsync(string database, Func<int, bool> goesOn)
    {
        await using var recorder = await DeliveryRecorder.StartAsync();
        var replicas = new List<ServiceProcess> { await ServiceProcess.StartWithAsync(database, Settings) };
        try
        {
            using var http = new HttpClient { BaseAddress = replicas[0].Address, Timeout = TimeSpan.FromSeconds(30) };
            var scene = await CrashScene.CreateAsync(http, database, startups: Callers);
            var endpoint = new
            {
                ownerKind = "platform",
                url = recorder.Url,
                types = new[] { "request.*" },
            };
            await scene.Admin.PostAsync("/v1/webhook-endpoints", endpoint);
            using var stop = new CancellationTokenSource();
            var calling = Task.WhenAll(scene.Startups.Select(startup => CallAsync(startup, scene.Programme, stop.Token)));
            var kills = 0;
            for (; goesOn(kills); kills++)
            {
                await TookAsync(recorder, recorder.Count + BeforeAKill);
                var other = kills % 2 == 0 ? null : await ServiceProcess.StartWithAsync(database, Settings);
                var port = replicas[0].Address.Port;
                await replicas[0].KillAsync();
                replicas[0].Dispose();
                if (other is not null)
                    replicas.Add(other);
                replicas[0] = await ServiceProcess.StartWithAsync(database, Settings, port);
            }

            await TookAsync(recorder, recorder.Count + BeforeAKill);
            await stop.CancelAsync();
            await calling;
            var findings = await DeliveryCheck.RunAsync(database, recorder, ["/"], Patience);
            return new DeliveryCrashReport(
                kills,
                recorder.Count,
                recorder.Count - recorder.All.DistinctBy(one => one.EventId).Count(),
                findings
            );
        }
        finally
        {
            foreach (var one in replicas)
                one.Dispose();
        }
    }

    /// <summary>Requests that wait for a person, and are withdrawn: two events of one resource, one shortly after the other.</summary>
    private static async Task CallAsync(FireClient startup, Guid programme, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var body = new
            {
                programmeId = programme,
                gpuHours = 9,
                purpose = "Train",
            };
            var reply = await startup.TryPostAsync("/v1/requests", body, null);
            if (reply is null)
                await Task.Delay(100, CancellationToken.None);
            else if (JsonNode.Parse(reply.Text)?["id"]?.GetValue<string>() is { } id)
                await startup.TryPostAsync($"/v1/requests/{id}/withdraw", new { }, null);
            // Deliveries are under test, not how fast requests are decided while a replica starts.
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static async Task TookAsync(DeliveryRecorder recorder, int count)
    {
        var started = Stopwatch.GetTimestamp();
        while (recorder.Count < count)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"The receiver got {recorder.Count} deliveries and waits for {count}.");
            await Task.Delay(20);
        }
    }
}

/// <summary>What a run of kills during deliveries found.</summary>
/// <param name="Kills">How often a replica was killed.</param>
/// <param name="Deliveries">How many came.</param>
/// <param name="Repeated">Those of them that had come before.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record DeliveryCrashReport(int Kills, int Deliveries, int Repeated, IReadOnlyList<string> Findings);
