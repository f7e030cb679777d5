using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>A call that is written byte by byte, for what no decent client sends.</summary>
internal sealed class RawCall : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private RawCall(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<RawCall> OpenAsync(TestWorld world)
    {
        var client = new TcpClient();
        await client.ConnectAsync(world.Address.Host, world.Address.Port);
        return new RawCall(client);
    }

    /// <summary>Sends a whole call and reads its answer.</summary>
    public static async Task<Reply> SendAsync(TestWorld world, string text)
    {
        await using var call = await OpenAsync(world);
        await call.WriteAsync(text);
        return await call.ReadAsync();
    }

    /// <summary>The head of a POST with JSON.</summary>
    public static async Task<string> HeadAsync(Person person, string path, params string[] headers) =>
        $"POST {path} HTTP/1.1\r\nHost: service\r\nConnection: close\r\nAuthorization: Bearer {await person.TokenAsync()}\r\n"
        + "Content-Type: application/json\r\n"
        + string.Concat(headers.Select(header => header + "\r\n"))
        + "\r\n";

    public async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>The answer, when the service has written all of it and closed the connection.</summary>
    public async Task<Reply> ReadAsync()
    {
        using var all = new MemoryStream();
        await _stream.CopyToAsync(all);
        var text = Encoding.UTF8.GetString(all.ToArray());
        var (head, body) = text.Split("\r\n\r\n", 2) is [var one, var other] ? (one, other) : (text, "");
        var lines = head.Split("\r\n");
        var status = (HttpStatusCode)int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        var message = new HttpResponseMessage(status) { Content = new ByteArrayContent([]) };
        foreach (var line in lines.Skip(1))
            if (line.Split(": ", 2) is [var name, var value] && !message.Headers.TryAddWithoutValidation(name, value))
                message.Content.Headers.TryAddWithoutValidation(name, value);
        var json = body.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start ? body[start..(body.LastIndexOf('}') + 1)] : "";
        return new Reply(status, json.Length > 0 ? JsonNode.Parse(json) : null, message, text);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }
}
