using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Many events to many endpoints, of which some are dead: they refuse connections, answer 503, or never answer.</summary>
internal static class DeliveryFloodRun
{
    private const int Callers = 8;

    private static readonly string[] Settings =
    [
        "--Webhooks:AllowedNetworks:0=127.0.0.0/8",
        "--Webhooks:PollMilliseconds=50",
        "--Webhooks:TimeoutSeconds=1",
        "--Webhooks:EndpointsPerOwner=1000",
    ];

    /// <param name="database">Migrated, and nobody's.</param>
    /// <param name="events">How many events there are, an even number: each request has two.</param>
    /// <param name="endpoints">How many endpoints want them all.</param>
    /// <param name="dead">How many of those are dead.</param>
    /// <param name="patience">How long the deliveries may take after the last event.</param>
    public static async Task<DeliveryFloodReport> RunAsync(string database, int events, int endpoints, int dead, TimeSpan patience)
    {
        await using var recorder = await DeliveryRecorder.StartAsync();
        using var service = await ServiceProcess.StartWithAsync(database, Settings);
        using var http = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(30) };
        var scene = await CrashScene.CreateAsync(http, database, startups: Callers);
        var paths = new List<string>();
        for (var i = 0; i < endpoints; i++)
        {
            var path = $"/live/{i.ToString(CultureInfo.InvariantCulture)}";
            if (i >= dead)
                paths.Add(path);
            await scene.Admin.PostAsync(
                "/v1/webhook-endpoints",
                new
                {
                    ownerKind = "platform",
                    url = i >= dead ? recorder.Url + path : Dead(recorder, i),
                    types = new[] { "request.*" },
                }
            );
        }

        var before = service.PeakBytes();
        var started = Stopwatch.GetTimestamp();
        var left = events / 2;
        await Task.WhenAll(
            scene.Startups.Select(async startup =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                    await AskAsync(startup, scene.Programme);
            })
        );
        var findings = await DeliveryCheck.RunAsync(database, recorder, paths, patience);
        return new DeliveryFloodReport(
            recorder.Count,
            Stopwatch.GetElapsedTime(started),
            (service.PeakBytes() - before) / (1024 * 1024),
            findings
        );
    }

    private static string Dead(DeliveryRecorder recorder, int number) =>
        (number % 3) switch
        {
            // Nobody listens on the discard port.
            0 => "http://127.0.0.1:9/",
            1 => recorder.Url + DeliveryRecorder.Refuses,
            _ => recorder.Url + DeliveryRecorder.Hangs,
        };

    private static async Task AskAsync(FireClient startup, Guid programme)
    {
        var body = new
        {
            programmeId = programme,
            gpuHours = 9,
            purpose = "Train",
        };
        var made = await startup.PostAsync("/v1/requests", body);
        await startup.PostAsync($"/v1/requests/{made["id"]!.GetValue<string>()}/withdraw", new JsonObject());
    }
}

/// <summary>What a flood of events found.</summary>
/// <param name="Deliveries">How many came to live endpoints.</param>
/// <param name="Took">From the first event to the last delivery.</param>
/// <param name="GrownMebibytes">By how much the service's peak of memory grew.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record DeliveryFloodReport(int Deliveries, TimeSpan Took, long GrownMebibytes, IReadOnlyList<string> Findings);
