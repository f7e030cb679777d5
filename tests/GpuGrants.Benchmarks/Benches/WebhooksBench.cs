using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime;
using System.Text;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Client;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// Deliveries to 50 local receivers: signed, stored and in order, against the same process that posts the same bytes to the same receivers
/// and does nothing else.
/// </summary>
internal static class WebhooksBench
{
    private const int Receivers = 50;
    private const int Events = 500;

    private const int WarmSeconds = 3;

    private const int MostWarming = 15;

    /// <summary>The part of its time that the runtime may still compile when the rounds begin.</summary>
    private const double StillCompiling = 0.03;

    /// <summary>As many as the service sends to one endpoint at once.</summary>
    private const int AtOnce = 8;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        await using var receivers = await LocalReceivers.StartAsync(Receivers);
        await using var stage = await BenchStage.StartAsync(
            await server.CreateAsync("webhooks"),
            organizations: 100,
            configure: null,
            settings:
            [
                "--Webhooks:AllowedNetworks:0=127.0.0.0/8",
                "--Webhooks:PollMilliseconds=3600000",
                $"--Webhooks:EndpointsPerOwner={Receivers}",
            ]
        );
        var admin = stage.Connect(stage.Admin);
        var endpoints = new List<Guid>();
        foreach (var url in receivers.Urls)
            endpoints.Add(
                (
                    await admin.PostAsync<Made>(
                        "/v1/webhook-endpoints",
                        new
                        {
                            ownerKind = "platform",
                            url,
                            types = new[] { "request.*" },
                        }
                    )
                ).Id
            );
        var since = DateTimeOffset.UtcNow.AddMinutes(-1);
        var decide = DecisionsBench.Decider(stage, callers: 1);
        for (var i = 0; i < Events; i++)
            await decide(0);
        var dispatcher = stage.Services.GetRequiredService<WebhookDispatcher>();
        await dispatcher.RunAsync(CancellationToken.None);
        var bodies = await BodiesAsync(admin, endpoints[0]);
        await WarmAsync(() => PostAsync(receivers, bodies, WarmSeconds));
        await WarmAsync(() => DeliverAsync(admin, endpoints, since, dispatcher, receivers, WarmSeconds));
        var result = await BenchReport.CompareAsync(
            options,
            server,
            $"deliveries to {Receivers} receivers, signed, stored and in order",
            () => DeliverAsync(admin, endpoints, since, dispatcher, receivers, options.Seconds),
            "the same bytes posted by the same process",
            async () =>
            {
                using var process = Process.GetCurrentProcess();
                var (own, before) = (process.TotalProcessorTime, receivers.Taken);
                var posted = await PostAsync(receivers, bodies, options.Seconds);
                process.Refresh();
                var cost = (process.TotalProcessorTime - own).TotalMicroseconds / (receivers.Taken - before);
                BenchReport.Say(string.Create(CultureInfo.InvariantCulture, $"  a bare post costs {cost:0.0} µs"));
                return posted;
            },
            target: 0.5
        );
        return BenchReport.End(options, result);
    }

    /// <summary>Repeats something until the runtime has compiled what is hot in it. That takes long beside other work.</summary>
    private static async Task WarmAsync(Func<Task> work)
    {
        for (var i = 0; i < MostWarming; i++)
        {
            var (began, before) = (Stopwatch.GetTimestamp(), JitInfo.GetCompilationTime());
            await work();
            if (JitInfo.GetCompilationTime() - before < StillCompiling * Stopwatch.GetElapsedTime(began))
                return;
        }
    }

    /// <summary>Sends everything again and again. A pass is not cut, so a round may take longer than it should.</summary>
    private static async Task<Round> DeliverAsync(
        GpuGrantsClient admin,
        List<Guid> endpoints,
        DateTimeOffset since,
        WebhookDispatcher dispatcher,
        LocalReceivers receivers,
        int atLeast
    )
    {
        var (began, before) = (Stopwatch.GetTimestamp(), receivers.Taken);
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < atLeast)
        {
            foreach (var id in endpoints)
                await admin.PostAsync<object>($"/v1/webhook-endpoints/{id}/redeliver", new { since });
            await dispatcher.RunAsync(CancellationToken.None);
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new Round((receivers.Taken - before) / seconds, 0, 0, Round.None) { Seconds = seconds };
    }

    private static async Task<double> PostAsync(LocalReceivers receivers, IReadOnlyList<byte[]> bodies, int seconds)
    {
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                ActivityHeadersPropagator = null,
            }
        );
        var type = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");
        var (began, before) = (Stopwatch.GetTimestamp(), receivers.Taken);
        await Task.WhenAll(
            receivers.Urls.SelectMany(url => Enumerable.Range(0, AtOnce).Select(number => Task.Run(() => SendAsync(url, number))))
        );
        return (receivers.Taken - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;

        async Task SendAsync(string url, int number)
        {
            for (var i = number; Stopwatch.GetElapsedTime(began).TotalSeconds < seconds; i += AtOnce)
            {
                using var content = new ByteArrayContent(bodies[i % bodies.Count]);
                content.Headers.ContentType = type;
                using var answer = await http.PostAsync(url, content);
                answer.EnsureSuccessStatusCode();
            }
        }
    }

    /// <summary>What one endpoint got, as the log of its deliveries shows it.</summary>
    private static async Task<List<byte[]>> BodiesAsync(GpuGrantsClient admin, Guid endpoint)
    {
        var bodies = new List<byte[]>();
        for (string? cursor = ""; cursor is not null; )
        {
            var page = await admin.GetAsync<Log>($"/v1/webhook-endpoints/{endpoint}/deliveries?limit=100{cursor}");
            bodies.AddRange(page.Data.Select(one => Encoding.UTF8.GetBytes(one.Request)));
            cursor = page.NextCursor is { } next ? "&cursor=" + Uri.EscapeDataString(next) : null;
        }

        return bodies;
    }

    private sealed record Sent(string Request);

    private sealed record Log(IReadOnlyList<Sent> Data, string? NextCursor);

    private sealed record Made(Guid Id);
}
