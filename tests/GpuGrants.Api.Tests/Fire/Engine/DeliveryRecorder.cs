using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Takes webhooks outside the service's process, and writes down what came in which order.</summary>
internal sealed class DeliveryRecorder : IAsyncDisposable
{
    /// <summary>Deliveries to this path are answered 503.</summary>
    public const string Refuses = "/refuses";

    /// <summary>Deliveries to this path are never answered.</summary>
    public const string Hangs = "/hangs";

    private readonly ConcurrentQueue<RecordedDelivery> _all = new();
    private readonly ConcurrentDictionary<(string Path, Guid EventId), bool> _known = new();
    private readonly ConcurrentDictionary<string, int> _different = new(StringComparer.Ordinal);

    private LoopbackApp? _app;

    private DeliveryRecorder() { }

    /// <summary>Everything, in the order in which it came.</summary>
    public IReadOnlyList<RecordedDelivery> All => [.. _all];

    public int Count => _all.Count;

    /// <summary>How many different events came to an endpoint.</summary>
    public int Different(string path) => _different.GetValueOrDefault(path);

    public string Url => _app!.Url;

    public static async Task<DeliveryRecorder> StartAsync()
    {
        var recorder = new DeliveryRecorder();
        recorder._app = await LoopbackApp.StartAsync(recorder.TakeAsync);
        return recorder;
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    /// <summary>The path tells endpoints apart that share a recorder.</summary>
    private async Task TakeAsync(HttpContext http)
    {
        if (http.Request.Path == Refuses)
        {
            http.Response.StatusCode = 503;
            return;
        }

        if (http.Request.Path == Hangs)
        {
            // Until the caller gives up.
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var root = body.RootElement;
        var got = new RecordedDelivery(
            http.Request.Path,
            root.GetProperty("id").GetGuid(),
            root.GetProperty("resourceId").GetString()!,
            root.GetProperty("sequence").GetInt64()
        );
        _all.Enqueue(got);
        if (_known.TryAdd((got.Path, got.EventId), true))
            _different.AddOrUpdate(got.Path, 1, (_, count) => count + 1);
        http.Response.StatusCode = 204;
    }
}

/// <summary>A delivery that came.</summary>
/// <param name="Path">The endpoint's own.</param>
/// <param name="EventId">The event.</param>
/// <param name="Resource">What it happened to.</param>
/// <param name="Sequence">The event's number in its tree.</param>
internal sealed record RecordedDelivery(string Path, Guid EventId, string Resource, long Sequence);
