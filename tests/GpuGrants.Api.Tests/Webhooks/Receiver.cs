using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>A receiver of webhooks on loopback that keeps what it gets.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _all = new();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>How it answers; 200 unless a test says otherwise.</summary>
    public Func<Received, HttpContext, int> Answer { get; set; } = (_, _) => 200;

    /// <summary>Everything, in the order in which it came.</summary>
    public IReadOnlyList<Received> All => [.. _all];

    /// <summary>What it took.</summary>
    public IReadOnlyList<Received> Taken => [.. _all.Where(one => one.Status == 200)];

    public string Url { get; private set; } = "";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync();
        receiver.Url = receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

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
