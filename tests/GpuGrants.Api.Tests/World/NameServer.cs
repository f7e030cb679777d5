using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GpuGrants.Api.Tests.World;

/// <summary>A name server on loopback that knows the TXT records that a test gives it, and no other name.</summary>
internal sealed class NameServer : IDisposable
{
    private const int HeaderBytes = 12;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentDictionary<string, string[]> _records = new(StringComparer.OrdinalIgnoreCase);
    private int _asked;

    public NameServer() => _ = AnswerAsync();

    /// <summary>The setting by which a service asks this server.</summary>
    public string Setting => $"--DomainProofs:NameServers:0={_socket.Client.LocalEndPoint}";

    /// <summary>Questions so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Whether it keeps silent from now on.</summary>
    public bool IsSilent { get; set; }

    public void Set(string name, params string[] texts) => _records[name] = texts;

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveAsync();
                Interlocked.Increment(ref _asked);
                if (!IsSilent)
                    await _socket.SendAsync(Answer(asked.Buffer), asked.RemoteEndPoint);
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(byte[] question)
    {
        var (name, end) = NameIn(question);
        var texts = _records.GetValueOrDefault(name);
        using var answer = new MemoryStream();
        // The same id; a recursive answer without an error, or that there is no such name.
        answer.Write(question.AsSpan(0, 2));
        answer.Write([0x81, (byte)(texts is null ? 0x83 : 0x80), 0, 1, 0, (byte)(texts?.Length ?? 0), 0, 0, 0, 0]);
        answer.Write(question.AsSpan(HeaderBytes, end - HeaderBytes));
        foreach (var text in texts ?? [])
            answer.Write(Record(text));
        return answer.ToArray();
    }

    /// <summary>The name asked for, and where the question ends.</summary>
    private static (string Name, int End) NameIn(byte[] question)
    {
        var labels = new List<string>();
        var at = HeaderBytes;
        for (; question[at] > 0; at += question[at] + 1)
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        return (string.Join('.', labels), at + 5);
    }

    /// <summary>A TXT record of the name asked for, whose text comes in pieces as long ones do.</summary>
    private static byte[] Record(string text)
    {
        var pieces = text.Chunk(40).SelectMany(piece => (byte[])[(byte)piece.Length, .. Encoding.ASCII.GetBytes(piece)]).ToArray();
        byte[] head = [0xc0, HeaderBytes, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(10), (ushort)pieces.Length);
        return [.. head, .. pieces];
    }
}
