using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;

namespace GpuGrants.Api.Tests.Notices;

/// <summary>A mail server on loopback, without encryption, that keeps what it takes, refuses it, or hangs up.</summary>
internal sealed class SmtpReceiver : LoopbackServer
{
    private readonly ConcurrentQueue<MimeMessage> _taken = new();

    /// <summary>The answer to each recipient; null to take it.</summary>
    public string? Answer { get; set; }

    /// <summary>Settings by which a world sends its mail here.</summary>
    public string[] Settings => ["--Mail:Host=127.0.0.1", $"--Mail:Port={Port}", "--Mail:Tls=false", "--Mail:From=gpus@example.org"];

    /// <summary>The answer to each message; null to take it.</summary>
    public string? MessageAnswer { get; set; }

    /// <summary>A recipient at whom it hangs up; null for none.</summary>
    public string? HangsUpAt { get; set; }

    /// <summary>A recipient to whom it answers what is no SMTP; null for none.</summary>
    public string? NonsenseAt { get; set; }

    /// <summary>What it waits for before it says anything; null for nothing.</summary>
    public Task? Waits { get; set; }

    /// <summary>Ends when the first client has connected.</summary>
    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it can no longer be reached after it hung up.</summary>
    public bool LeavesThen { get; set; }

    public IReadOnlyList<MimeMessage> Taken => [.. _taken];

    public static SmtpReceiver Start()
    {
        var server = new SmtpReceiver();
        server.Listen();
        return server;
    }

    protected override async Task TalkAsync(TcpClient client)
    {
        Entered.TrySetResult();
        if (Waits is { } wait)
            await wait.WaitAsync(Stopping);
        try
        {
            await TalkAsync(client.GetStream());
        }
        catch (IOException)
        {
            // The sender hung up: the next connection is another conversation.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 receiver");
        while (await reader.ReadLineAsync(Stopping) is { } line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            if (verb == "RCPT" && HangsUpAt is { } recipient && line.Contains(recipient, StringComparison.Ordinal))
            {
                if (LeavesThen)
                    Leave();
                return;
            }

            await writer.WriteLineAsync(
                verb switch
                {
                    "RCPT" when NonsenseAt is { } odd && line.Contains(odd, StringComparison.Ordinal) => "Nonsense",
                    "RCPT" => Answer ?? "250 OK",
                    "DATA" => "354 Go on",
                    "QUIT" => "221 Bye",
                    _ => "250 OK",
                }
            );
            if (verb == "QUIT")
                return;
            if (verb != "DATA")
                continue;
            await TakeAsync(reader);
            await writer.WriteLineAsync(MessageAnswer ?? "250 Taken");
        }
    }

    private async Task TakeAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        string? line;
        while ((line = await reader.ReadLineAsync(Stopping)) is not null && line != ".")
            text.Append(line.StartsWith("..", StringComparison.Ordinal) ? line[1..] : line).Append("\r\n");
        // A sender that hangs up before the end sent no mail. A world does so when it ends in the middle of one.
        if (line is not null && MessageAnswer is null)
            _taken.Enqueue(await MimeMessage.LoadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text.ToString()))));
    }
}

/// <summary>Mail over SMTP.</summary>
internal static class SmtpWorlds
{
    /// <summary>Tells people what happened, and sends what waits.</summary>
    public static async Task SendNoticesAsync(this TestWorld world)
    {
        await world.FollowNoticesAsync();
        await world.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
    }
}
