using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using GpuGrants.Benchmarks.Measuring;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>
/// How far a follower of one tree is behind while the tree decides as fast as it can, and what a thousand listeners cost. Lag is the time
/// from the event's own moment to its arrival, so it includes the decision's commit.
/// </summary>
internal static class EventsBench
{
    private const int Listeners = 1_000;
    private const double LagTargetMs = 200;
    private const double MemoryTargetMb = 100;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        await using var stage = await BenchStage.StartAsync(
            await server.CreateAsync("events"),
            DecisionsBench.Organizations,
            programmes: 1,
            settings: "--RateLimit:StreamsPerCaller=0"
        );
        var decide = DecisionsBench.Decider(stage, options.Clients);
        await Callers.WarmUpAsync(slice => Callers.RunAsync(options.Clients, slice, decide));
        var admin = await Tokens.GetAsync(stage, stage.Admin);
        var (lags, decided, followed) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 1; round <= options.Rounds; round++)
        {
            await server.CheckpointAsync();
            var (seen, rate) = await FollowAsync(stage, admin, decide, options);
            lags.Add(At(seen, 0.99));
            decided.Add(rate);
            followed.Add(seen.Count / (double)options.Seconds);
            Say($"  round {round}: {rate:N0} decisions/s, lag p50 {At(seen, 0.5):0.0} ms, p99 {lags[^1]:0.0} ms of {seen.Count:N0} events");
        }

        var memory = await ListenersCostAsync(stage);
        var (lag, speed) = (BenchReport.Median(lags), BenchReport.Median(decided));
        Say($"a follower of a tree at {speed:N0} decisions/s: lag p99 {lag:0.0} ms (target {LagTargetMs:0}, {Met(lag < LagTargetMs)})");
        Say($"{Listeners:N0} listeners: {memory:0.0} MB (target {MemoryTargetMb:0}, {Met(memory < MemoryTargetMb)})");
        return BenchReport.End(
            options,
            new Dictionary<string, object>
            {
                ["label"] = "lag of a follower, and the memory of listeners",
                ["decisions_per_s"] = Math.Round(speed, 1),
                ["events_per_s"] = Math.Round(BenchReport.Median(followed), 1),
                ["lag_p99_ms"] = Math.Round(lag, 1),
                ["lag_target_ms"] = LagTargetMs,
                ["listeners"] = Listeners,
                ["listeners_mb"] = Math.Round(memory, 1),
                ["listeners_target_mb"] = MemoryTargetMb,
            }
        );
    }

    /// <summary>Decides for a round while one listener follows. What arrives in the first second only brings it up to date.</summary>
    private static async Task<(List<double> Lags, double PerSecond)> FollowAsync(
        BenchStage stage,
        string token,
        Func<int, Task> decide,
        BenchOptions options
    )
    {
        using var over = new CancellationTokenSource();
        var lags = new List<double>();
        var from = DateTimeOffset.UtcNow;
        var counts = from.AddSeconds(1);
        var following = Task.Run(async () =>
        {
            using var http = new HttpClient { BaseAddress = stage.Address };
            var types = $"types=request.*&programme={stage.Programmes[0]}&from={from:yyyy-MM-ddTHH:mm:ssZ}";
            using var answer = await OpenAsync(http, token, types);
            await using var body = await answer.Content.ReadAsStreamAsync();
            try
            {
                await foreach (var item in SseParser.Create(body).EnumerateAsync(over.Token))
                    if (item.EventType != "heartbeat" && LagOf(item.Data, counts) is { } lag)
                        lags.Add(lag);
            }
            catch (OperationCanceledException)
            {
                // The round is over.
            }
        });
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        var round = await Callers.RunAsync(options.Clients, TimeSpan.FromSeconds(options.Seconds), decide);
        await Task.Delay(TimeSpan.FromSeconds(1));
        await over.CancelAsync();
        await following;
        return (lags, round.PerSecond);
    }

    private static double? LagOf(string data, DateTimeOffset counts)
    {
        using var json = JsonDocument.Parse(data);
        var at = json.RootElement.GetProperty("occurredAt").GetDateTimeOffset();
        return at < counts ? null : (DateTimeOffset.UtcNow - at).TotalMilliseconds;
    }

    /// <summary>What the process has more after the listeners came, both after a full collection. Their clients count too.</summary>
    private static async Task<double> ListenersCostAsync(BenchStage stage)
    {
        var tokens = await Tokens.OfOwnersAsync(stage, Math.Min(100, stage.Organizations.Count));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Listeners }) { BaseAddress = stage.Address };
        var before = Memory();
        var open = new HttpResponseMessage[Listeners];
        await Parallel.ForAsync(
            0,
            Listeners,
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (i, _) => open[i] = await OpenAsync(http, tokens[i % tokens.Length], "types=request.*")
        );
        await Task.Delay(TimeSpan.FromSeconds(2));
        var after = Memory();
        foreach (var one in open)
            one.Dispose();
        return (after - before) / 1e6;
    }

    private static long Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        process.Refresh();
        return process.WorkingSet64;
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, string token, string query)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"/v1/events?{query}");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        message.Headers.Accept.ParseAdd("text/event-stream");
        var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        return answer.EnsureSuccessStatusCode();
    }

    private static double At(List<double> values, double quantile)
    {
        if (values.Count == 0)
            return double.PositiveInfinity;
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];
    }

    private static string Met(bool isMet) => isMet ? "met" : "missed";

    private static void Say(FormattableString text) => BenchReport.Say(text.ToString(CultureInfo.InvariantCulture));
}
