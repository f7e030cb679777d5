using System.Buffers.Binary;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Cuts a stream of bytes of one direction into messages, and knows which statement each is about.</summary>
internal sealed class WireReader(Stream stream, bool fromService)
{
    private readonly Dictionary<string, string> _statements = [];
    private readonly Dictionary<string, string> _portals = [];
    private bool _isOpened;

    /// <summary>The next message and its bytes; null at the end.</summary>
    public async Task<(WireMessage Message, byte[] Bytes)?> ReadAsync()
    {
        var headBytes = fromService && !_isOpened ? 4 : 5;
        var head = new byte[headBytes];
        if (await stream.ReadAtLeastAsync(head, headBytes, throwOnEndOfStream: false) < headBytes)
            return null;
        var bodyBytes = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(headBytes - 4)) - 4;
        var bytes = new byte[headBytes + bodyBytes];
        head.CopyTo(bytes, 0);
        await stream.ReadExactlyAsync(bytes.AsMemory(headBytes));
        var message = Describe(headBytes == 4 ? '\0' : (char)head[0], bytes.AsSpan(headBytes));
        _isOpened = true;
        return (message, bytes);
    }

    private WireMessage Describe(char type, ReadOnlySpan<byte> body) =>
        new(
            fromService,
            type,
            (fromService, type) switch
            {
                (true, '\0') => WireMessage.OpeningText(body),
                (true, 'P') => Parse(body),
                (true, 'B') => Bind(body),
                (true, 'E') => _portals.GetValueOrDefault(WireMessage.ReadText(body).Text, ""),
                (true, 'Q') => WireMessage.ReadText(body).Text,
                (false, 'C') => WireMessage.ReadText(body).Text,
                _ => "",
            }
        );

    private string Parse(ReadOnlySpan<byte> body)
    {
        var (name, next) = WireMessage.ReadText(body);
        return _statements[name] = WireMessage.ReadText(body[next..]).Text;
    }

    private string Bind(ReadOnlySpan<byte> body)
    {
        var (portal, next) = WireMessage.ReadText(body);
        return _portals[portal] = _statements.GetValueOrDefault(WireMessage.ReadText(body[next..]).Text, "");
    }
}
