using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace GpuGrants.Api.Mail;

/// <summary>The way out: an SMTP server, or a folder.</summary>
/// <exception cref="IOException">The configured file with the password cannot be read.</exception>
public sealed class MailTransport(IOptions<MailOptions> options)
{
    private const int TimeoutMilliseconds = 30_000;

    private readonly MailOptions _options = options.Value;
    private readonly string? _password = options.Value.PasswordFile is { Length: > 0 } file
        ? File.ReadAllText(file).Trim()
        : options.Value.Password;

    private const int ImplicitTlsPort = 465;

    /// <summary>
    /// Sends letters one after another over one connection. After a letter at which the server hangs up it connects again for the next.
    /// </summary>
    /// <param name="letters">What to send.</param>
    /// <param name="at">The date that the letters bear.</param>
    /// <param name="ended">Is told of each letter that was sent, or that failed by itself.</param>
    /// <param name="cancellation">Stops between two letters.</param>
    /// <exception cref="Exception">The server cannot be reached, or not any more: the letters that remain were not tried.</exception>
    public async Task SendAsync(
        IReadOnlyList<(Guid Id, Letter Letter)> letters,
        DateTimeOffset at,
        Func<Guid, Exception?, Task> ended,
        CancellationToken cancellation
    )
    {
        if (_options.Folder is { Length: > 0 } folder)
        {
            foreach (var (id, letter) in letters)
                await ended(id, await TryAsync(() => WriteAsync(folder, id, letter, at, cancellation), cancellation));
            return;
        }

        using var client = new SmtpClient { Timeout = TimeoutMilliseconds };
        foreach (var (id, letter) in letters)
        {
            if (!client.IsConnected)
                await ConnectAsync(client, cancellation);
            var failure = await TryAsync(() => SendAsync(client, id, letter, at, cancellation), cancellation);
            // It takes no more over this connection.
            if (failure is SmtpCommandException { StatusCode: SmtpStatusCode.ServiceNotAvailable })
                await client.DisconnectAsync(quit: false, cancellation);
            await ended(id, failure);
        }

        if (client.IsConnected)
            await client.DisconnectAsync(quit: true, cancellation);
    }

    private async Task ConnectAsync(SmtpClient client, CancellationToken cancellation)
    {
        var security = (_options.Tls, _options.Port) switch
        {
            (false, _) => SecureSocketOptions.None,
            (true, ImplicitTlsPort) => SecureSocketOptions.SslOnConnect,
            _ => SecureSocketOptions.StartTls,
        };
        await client.ConnectAsync(_options.Host!, _options.Port, security, cancellation);
        if (_options.User is { Length: > 0 } user)
            await client.AuthenticateAsync(user, _password ?? "", cancellation);
    }

    private async Task SendAsync(SmtpClient client, Guid id, Letter letter, DateTimeOffset at, CancellationToken cancellation)
    {
        using var message = Message(id, letter, at);
        await client.SendAsync(message, cancellation);
    }

    /// <summary>Whatever goes wrong with one letter is of that letter: the others go out.</summary>
    private static async Task<Exception?> TryAsync(Func<Task> send, CancellationToken cancellation)
    {
        try
        {
            await send();
            return null;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            return failure;
        }
    }

    private async Task WriteAsync(string folder, Guid id, Letter letter, DateTimeOffset at, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        using var message = Message(id, letter, at);
        // Whoever watches the folder sees a whole mail or none.
        var unfinished = Path.Combine(folder, $".{id:N}");
        await message.WriteToAsync(unfinished, cancellation);
        File.Move(unfinished, Path.Combine(folder, $"{id:N}.eml"), overwrite: true);
    }

    private MimeMessage Message(Guid id, Letter letter, DateTimeOffset at)
    {
        var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse(_options.From));
        message.To.Add(MailboxAddress.Parse(letter.To));
        message.Subject = letter.Subject;
        message.Date = at;
        // The same for each try, so that mail programs show a letter once.
        message.MessageId = $"{id:N}@{_options.From.Split('@')[^1]}";
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (letter.Unsubscribe is { } link)
        {
            // RFC 8058: mail programs end this kind of mail by one POST.
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{link}>");
            message.Headers.Add(HeaderId.ListUnsubscribePost, "List-Unsubscribe=One-Click");
        }

        message.Body = LetterBody.Of(letter);
        return message;
    }
}
