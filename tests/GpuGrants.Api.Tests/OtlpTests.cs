using System.Collections.Concurrent;
using System.Net;
using System.Text;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>
/// What leaves the service by OTLP, as a collector receives it: OpenTelemetry protocol 1, over HTTP with binary protobuf.
/// </summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Traces_metrics_and_logs_reach_the_collector_that_is_configured_and_no_secret_with_them()
    {
        await using var collector = await Collector.StartAsync();
        string secret;
        await using (
            var world = await TestWorld.StartAsync(
                $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}",
                "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
                "--OTEL_SERVICE_NAME=gpugrants-under-test",
                "--Logging:LogLevel:Default=Information"
            )
        )
        {
            var scene = await world.Scene(rules: Scenes.PerMonth("30"));
            (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
            secret = world.Admin.ClientSecret;
        }

        // A service that stops sends what it still has.
        var (traces, metrics, logs) = (collector.Received("/v1/traces"), collector.Received("/v1/metrics"), collector.Received("/v1/logs"));
        Assert.All((string[])[traces, metrics, logs], sent => Assert.Contains("gpugrants-under-test", sent, StringComparison.Ordinal));
        Assert.Contains("POST /v1/requests", traces, StringComparison.Ordinal);
        Assert.Contains("gpugrants.commands", traces, StringComparison.Ordinal);
        Assert.Contains("gpugrants.decisions", metrics, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", metrics, StringComparison.Ordinal);
        Assert.Contains("Now listening on", logs, StringComparison.Ordinal);
        Assert.All((string[])[traces, metrics, logs], sent => Assert.DoesNotContain(secret, sent, StringComparison.Ordinal));
    }

    /// <summary>Keeps what is posted to it. Texts stand in protobuf as they are.</summary>
    private sealed class Collector(LoopbackApp app, ConcurrentQueue<(string Path, string Body)> received) : IAsyncDisposable
    {
        public string Address => app.Url;

        public static async Task<Collector> StartAsync()
        {
            var received = new ConcurrentQueue<(string, string)>();
            var app = await LoopbackApp.StartAsync(async http =>
            {
                using var body = new MemoryStream();
                await http.Request.Body.CopyToAsync(body);
                received.Enqueue((http.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            });
            return new Collector(app, received);
        }

        public string Received(string path) => string.Concat(received.Where(one => one.Path == path).Select(one => one.Body));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
