using System.Net;
using System.Net.Sockets;

namespace GpuGrants.Tool;

/// <summary>Ports of the loopback interface for servers that are started a moment later, or again after a crash.</summary>
public static class LoopbackPort
{
    // Below those that systems give to outgoing connections: one of these could take the port before the server does.
    private const int First = 20_000;
    private const int Count = 10_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port where nobody listens, and which this process has not taken before, until all had their turn.</summary>
    /// <exception cref="InvalidOperationException">Every one of them is in use.</exception>
    public static int Take()
    {
        for (var tried = 0; tried < Count; tried++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException($"No port from {First} to {First + Count - 1} of the loopback interface is free.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
