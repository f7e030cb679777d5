using System.Net.Sockets;
using System.Text;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>A receiver on loopback that behaves badly on each connection.</summary>
internal sealed class HostileReceiver : LoopbackServer
{
    /// <summary>Never answers.</summary>
    private const string Hangs = "hangs";

    /// <summary>Sends a header byte by byte, for ever.</summary>
    private const string Drips = "drips";

    /// <summary>Sends a body byte by byte, for ever.</summary>
    private const string DripsBody = "drips a body";

    /// <summary>Answers with a body of 2 GB.</summary>
    private const string Floods = "floods";

    /// <summary>Sends headers without end.</summary>
    private const string FloodsHeaders = "floods headers";

    /// <summary>Resets the connection.</summary>
    private const string Resets = "resets";

    /// <summary>Sends the caller to itself.</summary>
    private const string Loops = "loops";

    /// <summary>Says what is no HTTP.</summary>
    private const string Babbles = "babbles";

    /// <summary>Answers with three digits that are no status.</summary>
    private const string Nulls = "answers 000";

    private const string Late = "The receiver did not answer in time.";
    private const string Broken = "The connection broke off.";

    private readonly string _habit;
    private long _sent;

    private HostileReceiver(string habit) => _habit = habit;

    /// <summary>What is logged of each habit.</summary>
    public static IReadOnlyList<(string Habit, int? Status, string? Error)> Expected { get; } =
    [
        (Hangs, null, Late),
        (Drips, null, Late),
        (DripsBody, 200, null),
        (Floods, 200, null),
        (FloodsHeaders, null, Broken),
        (Resets, null, Broken),
        (Loops, 302, null),
        (Babbles, null, Broken),
        (Nulls, null, Broken),
    ];

    public string Url => $"http://127.0.0.1:{Port}/";

    public int Connections { get; private set; }

    public long BytesSent => Interlocked.Read(ref _sent);

    public static HostileReceiver Start(string habit)
    {
        var receiver = new HostileReceiver(habit);
        receiver.Listen();
        return receiver;
    }

    protected override async Task TalkAsync(TcpClient client)
    {
        Connections++;
        var stream = client.GetStream();
        try
        {
            await stream.ReadAtLeastAsync(new byte[4_096], 1, throwOnEndOfStream: false, Stopping);
            switch (_habit)
            {
                case Drips:
                    await SendAsync(stream, "HTTP/1.1 200 OK\r\nX-Slow: ");
                    await DripAsync(stream);
                    break;
                case DripsBody:
                    await SendAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                    await DripAsync(stream);
                    break;
                case Floods:
                    await SendAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {2L << 30}\r\n\r\n");
                    await FloodAsync(stream, new string('x', 65_536));
                    break;
                case FloodsHeaders:
                    await SendAsync(stream, "HTTP/1.1 200 OK\r\n");
                    await FloodAsync(stream, string.Concat(Enumerable.Repeat("X-More: much more\r\n", 1_000)));
                    break;
                case Resets:
                    client.LingerState = new LingerOption(true, 0);
                    break;
                case Loops:
                    await SendAsync(stream, $"HTTP/1.1 302 Found\r\nLocation: {Url}\r\nContent-Length: 0\r\n\r\n");
                    break;
                case Nulls:
                    await SendAsync(stream, "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n");
                    break;
                case Babbles:
                    await SendAsync(stream, "SSH-2.0-OpenSSH_9.6\r\n");
                    break;
                default:
                    await Task.Delay(Timeout.Infinite, Stopping);
                    break;
            }
        }
        catch (IOException)
        {
            // The caller has had enough.
        }
    }

    private async Task DripAsync(NetworkStream stream)
    {
        while (true)
        {
            await SendAsync(stream, "x");
            await Task.Delay(50, Stopping);
        }
    }

    private async Task FloodAsync(NetworkStream stream, string text)
    {
        while (true)
            await SendAsync(stream, text);
    }

    private async Task SendAsync(NetworkStream stream, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        await stream.WriteAsync(bytes, Stopping);
        Interlocked.Add(ref _sent, bytes.Length);
    }
}
