using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Receivers of webhooks in this process, each on a port of its own, that take everything and count.</summary>
internal sealed class LocalReceivers : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _taken;

    private LocalReceivers(WebApplication app) => _app = app;

    public long Taken => Interlocked.Read(ref _taken);

    public IReadOnlyList<string> Urls { get; private set; } = [];

    public static async Task<LocalReceivers> StartAsync(int count)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            for (var i = 0; i < count; i++)
                kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Logging.ClearProviders();
        var receivers = new LocalReceivers(builder.Build());
        receivers._app.Run(receivers.TakeAsync);
        await receivers._app.StartAsync();
        receivers.Urls = [.. receivers._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        return receivers;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null);
        Interlocked.Increment(ref _taken);
        http.Response.StatusCode = 204;
    }
}
