using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Webhooks.Egress;

/// <summary>Connects webhooks to addresses that <see cref="EgressRules"/> allows, and to no other.</summary>
public sealed class EgressGuard
{
    private readonly EgressRules _rules;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;

    public EgressGuard(IOptions<WebhookOptions> options)
        : this(options, Dns.GetHostAddressesAsync) { }

    /// <param name="options">Which networks are allowed.</param>
    /// <param name="resolve">The addresses of a name, asked once for each connection.</param>
    public EgressGuard(IOptions<WebhookOptions> options, Func<string, CancellationToken, Task<IPAddress[]>> resolve) =>
        (_rules, _resolve) = (new EgressRules([.. options.Value.AllowedNetworks.Select(one => IPNetwork.Parse(one))]), resolve);

    /// <summary>Resolves the host and connects to the first allowed address, so that nothing can change between check and
    /// connection.</summary>
    /// <exception cref="EgressRefusedException">The host has no allowed address.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellation);
        // Plain http shows everybody on the way what is sent, so it goes to networks of one's own alone.
        var isPlain = context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttp;
        var allowed = addresses.Where(isPlain ? _rules.AllowsPlain : _rules.Allows).ToArray();
        if (allowed.Length == 0)
            throw new EgressRefusedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A webhook's host has no address that webhooks may reach.</summary>
public sealed class EgressRefusedException()
    : IOException("The host has only addresses that webhooks do not reach, such as private or loopback ones.");
