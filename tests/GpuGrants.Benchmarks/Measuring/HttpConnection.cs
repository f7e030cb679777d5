using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>
/// One kept-alive HTTP/1.1 connection that does no more than a load generator needs, so that the load takes little of the processors that
/// the service is measured on.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[64 * 1024];

    public HttpConnection(int port) => _socket.Connect(IPAddress.Loopback, port);

    /// <summary>Sends the message and waits for the whole answer.</summary>
    /// <exception cref="InvalidOperationException">The answer is not 2xx.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        for (var sent = 0; sent < message.Length; )
            sent += await _socket.SendAsync(message[sent..]);
        var filled = 0;
        while (true)
        {
            if (filled == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(filled));
            if (read == 0)
                throw new InvalidOperationException("The service closed the connection.");
            filled += read;
            if (IsWhole(_buffer.AsSpan(0, filled)))
                break;
        }

        if (_buffer[9] != (byte)'2')
            throw new InvalidOperationException(Encoding.UTF8.GetString(_buffer, 0, filled));
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var headEnd = answer.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
            return false;
        var head = answer[..headEnd];
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0)
            return answer.EndsWith("\r\n0\r\n\r\n"u8);
        return Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) && answer.Length >= headEnd + 4 + length;
    }
}
