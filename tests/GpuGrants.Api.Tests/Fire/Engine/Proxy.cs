using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Stands between the service and PostgreSQL on the loopback interface and cuts or freezes a connection at a chosen message.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _target;
    private readonly ConcurrentBag<ProxyLink> _links = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private TaskCompletionSource<WireMessage> _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Fault? _fault;
    private int _steps;

    public Proxy(string database)
    {
        _target = new NpgsqlConnectionStringBuilder(database);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The database through the proxy.</summary>
    public string Database =>
        new NpgsqlConnectionStringBuilder(_target.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Timeout = 2,
        }.ConnectionString;

    /// <summary>Messages but rows that came since the last fault was set, in both directions and of all connections.</summary>
    public int Steps => Volatile.Read(ref _steps);

    /// <summary>Completes with the message at which the fault struck.</summary>
    public Task<WireMessage> Struck => _struck.Task;

    /// <summary>Strikes once, at the first message that fits. Null only counts.</summary>
    public void Set(Fault? fault)
    {
        lock (_gate)
        {
            _fault = fault;
            _steps = 0;
            _struck = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets what was frozen go on: all that was sent in the meantime is delivered now, late.</summary>
    public void Thaw() =>
        Interlocked.Exchange(ref _thaw, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var link in _links)
            link.Cut();
        Thaw();
        await _accepting;
        await Task.WhenAll(_links.Select(link => link.Ended));
        _listener.Dispose();
    }

    /// <summary>What to do before the message is passed on.</summary>
    internal (bool Cuts, Task? Thaw) Pass(WireMessage message)
    {
        lock (_gate)
        {
            // A row more or less makes no difference to anybody.
            if (message.IsRow)
                return (false, null);
            _steps++;
            if (_fault is not { } fault || !fault.At(_steps, message))
                return (false, null);
            _fault = null;
            _struck.TrySetResult(message);
            return fault.Freezes ? (false, _thaw.Task) : (true, null);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket service;
            try
            {
                service = await _listener.AcceptSocketAsync();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                return;
            }

            _links.Add(new ProxyLink(this, service, _target.Host!, _target.Port));
        }
    }
}
