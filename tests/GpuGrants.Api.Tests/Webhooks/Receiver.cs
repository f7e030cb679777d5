using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Fire.Engine;
using Microsoft.AspNetCore.Http;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>A receiver of webhooks on loopback that keeps what it gets.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Received> _all = new();

    private LoopbackApp? _app;

    private Receiver() { }

    /// <summary>How it answers; 200 unless a test says otherwise.</summary>
    public Func<Received, HttpContext, int> Answer { get; set; } = (_, _) => 200;

    /// <summary>Everything, in the order in which it came.</summary>
    public IReadOnlyList<Received> All => [.. _all];

    /// <summary>What it took.</summary>
    public IReadOnlyList<Received> Taken => [.. _all.Where(one => one.Status == 200)];

    public string Url => _app!.Url;

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        receiver._app = await LoopbackApp.StartAsync(receiver.TakeAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var one = new Received(
            http.Request.Headers["webhook-id"].ToString(),
            http.Request.Headers["webhook-timestamp"].ToString(),
            http.Request.Headers["webhook-signature"].ToString(),
            http.Request.ContentType ?? "",
            body.ToArray()
        );
        one.Status = Answer(one, http);
        _all.Enqueue(one);
        http.Response.StatusCode = one.Status;
        await http.Response.WriteAsync($"answer {one.Status}");
    }
}

/// <summary>What came.</summary>
internal sealed record Received(string Id, string Timestamp, string Signature, string ContentType, byte[] Body)
{
    public int Status { get; set; }

    public JsonNode Json => JsonNode.Parse(Body)!;

    public string Type => Json["type"]!.GetValue<string>();

    public string? Resource => Json["resourceId"]?.GetValue<string>();
}
