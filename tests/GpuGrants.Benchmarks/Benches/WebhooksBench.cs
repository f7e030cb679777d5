using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Client;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// Deliveries to 50 local receivers: signed, stored and in order, against the same process that posts the same bytes to the same receivers
/// and does nothing else.
/// </summary>
internal static class WebhooksBench
{
    private const int Receivers = 50;
    private const int Events = 500;

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
            settings: ["--Webhooks:AllowedNetworks:0=127.0.0.0/8", "--Webhooks:PollMilliseconds=3600000"]
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
        var bodies = await BodiesAsync(stage.Database);
        await PostAsync(receivers, bodies, seconds: 2);
        var result = await BenchReport.CompareAsync(
            options,
            $"deliveries to {Receivers} receivers, signed, stored and in order",
            async () =>
            {
                await server.CheckpointAsync();
                return await Cost.MeasureAsync(
                    server,
                    options.Seconds,
                    () => DeliverAsync(admin, endpoints, since, dispatcher, receivers, options)
                );
            },
            "the same bytes posted by the same process",
            async () =>
            {
                await server.CheckpointAsync();
                return await PostAsync(receivers, bodies, options.Seconds);
            },
            target: 0.5
        );
        return BenchReport.End(options, result);
    }

    /// <summary>Sends everything again and again. A pass is not cut, so a round may take longer than it should.</summary>
    private static async Task<Round> DeliverAsync(
        GpuGrantsClient admin,
        List<Guid> endpoints,
        DateTimeOffset since,
        WebhookDispatcher dispatcher,
        LocalReceivers receivers,
        BenchOptions options
    )
    {
        var (began, before) = (Stopwatch.GetTimestamp(), receivers.Taken);
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < options.Seconds)
        {
            foreach (var id in endpoints)
                await admin.PostAsync<object>($"/v1/webhook-endpoints/{id}/redeliver", new { since });
            await dispatcher.RunAsync(CancellationToken.None);
        }

        return new Round((receivers.Taken - before) / Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 0, Round.None);
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

    private static async Task<List<byte[]>> BodiesAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select request from webhook_deliveries order by id limit 1000");
        await using var reader = await command.ExecuteReaderAsync();
        var bodies = new List<byte[]>();
        while (await reader.ReadAsync())
            bodies.Add(Encoding.UTF8.GetBytes(reader.GetString(0)));
        return bodies;
    }

    private sealed record Made(Guid Id);
}
