using System.Net;
using System.Net.Sockets;

namespace GpuGrants.Api.Tests.World;

/// <summary>A server on loopback that talks to one caller after the other, in whatever way a kind of it does.</summary>
internal abstract class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends whatever it waits for.</summary>
    protected CancellationToken Stopping => _stop.Token;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    /// <summary>Takes callers from now on.</summary>
    protected void Listen()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Nobody else reaches it.</summary>
    protected void Leave() => _listener.Stop();

    /// <summary>Talks to a caller until one of both hangs up.</summary>
    protected abstract Task TalkAsync(TcpClient client);

    private async Task ServeAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await TalkAsync(client);
            }
        }
        // It was stopped, before it listened for the next one or while it did.
        catch (Exception over) when (over is OperationCanceledException or SocketException or InvalidOperationException) { }
    }
}
