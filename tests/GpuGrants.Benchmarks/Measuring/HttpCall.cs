using System.Globalization;
using System.Text;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>A call as the bytes that go over the wire, made once; only the idempotency key changes from one to the next.</summary>
internal sealed class HttpCall
{
    private const string KeyPlace = "00000000000000000000000000000000";
    private readonly LoadCall _call;
    private readonly int _port;
    private readonly byte[] _template;
    private readonly int _keyAt;

    public HttpCall(LoadCall call, int port)
    {
        _call = call;
        _port = port;
        _template = Write(call.Body is null ? [] : Encoding.UTF8.GetBytes(call.Body), hasBody: call.Body is not null);
        _keyAt = _template.AsSpan().IndexOf(Encoding.ASCII.GetBytes(KeyPlace));
    }

    public ReadOnlyMemory<byte> Next() => WithNewKey((byte[])_template.Clone());

    public ReadOnlyMemory<byte> WithBody(byte[] body) => WithNewKey(Write(body, hasBody: true));

    private ReadOnlyMemory<byte> WithNewKey(byte[] message)
    {
        if (_keyAt >= 0)
            Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"), message.AsSpan(_keyAt));
        return message;
    }

    private byte[] Write(byte[] body, bool hasBody)
    {
        var head = new StringBuilder();
        head.Append(
            CultureInfo.InvariantCulture,
            $"{_call.Method} {_call.Path} HTTP/1.1\r\nHost: 127.0.0.1:{_port}\r\nAuthorization: Bearer {_call.Token}\r\n"
        );
        if (hasBody)
            head.Append(
                CultureInfo.InvariantCulture,
                $"Idempotency-Key: {KeyPlace}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"
            );
        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body];
    }
}
