using System.Net.Sockets;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>One connection through the proxy: a message at a time in each direction.</summary>
internal sealed class ProxyLink : IDisposable
{
    private readonly Proxy _proxy;
    private readonly Socket _service;
    private readonly Socket _database = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile Task? _frozen;

    public ProxyLink(Proxy proxy, Socket service, string host, int port)
    {
        (_proxy, _service) = (proxy, service);
        _service.NoDelay = true;
        Ended = Task.Run(() => RunAsync(host, port));
    }

    public Task Ended { get; }

    public void Cut() => Dispose();

    public void Dispose()
    {
        _service.Dispose();
        _database.Dispose();
    }

    private async Task RunAsync(string host, int port)
    {
        try
        {
            await _database.ConnectAsync(host, port);
            await Task.WhenAll(PumpAsync(_service, _database, fromService: true), PumpAsync(_database, _service, fromService: false));
        }
        catch (SocketException)
        {
            // PostgreSQL is down: so is what leads to it.
        }
        finally
        {
            Cut();
        }
    }

    /// <summary>Until either side has gone: then the other goes too, once what was under way has arrived.</summary>
    private async Task PumpAsync(Socket from, Socket to, bool fromService)
    {
        try
        {
            await using var stream = new NetworkStream(from, ownsSocket: false);
            var reader = new WireReader(stream, fromService);
            while (await reader.ReadAsync() is var (message, bytes))
            {
                var (cuts, thaw) = _proxy.Pass(message);
                if (cuts)
                    Cut();
                if (thaw is not null)
                    _frozen = thaw;
                if (_frozen is { } frozen)
                    await frozen;
                await to.SendAsync(bytes);
            }

            if (_frozen is { } still)
                await still;
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            // One side has gone. A service that gave up on a frozen connection must not take along what is still to be delivered.
            if (_frozen is null or { IsCompleted: true })
                Cut();
        }
    }
}
