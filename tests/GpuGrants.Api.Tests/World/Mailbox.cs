using System.Text.RegularExpressions;
using GpuGrants.Api.Mail;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimeKit;

namespace GpuGrants.Api.Tests.World;

/// <summary>The mail of everybody in a world that sends mail into a folder.</summary>
internal static partial class Mailbox
{
    /// <summary>Settings by which a world sends mail into a folder of its own.</summary>
    public static string[] Settings => [$"--Mail:Folder={Path.Combine(Path.GetTempPath(), $"gpugrants-mail-{Guid.NewGuid():N}")}"];

    /// <summary>Takes the only mail that waits for the address out of its mailbox.</summary>
    public static async Task<string> ReadMailAsync(this TestWorld world, string address) => Assert.Single(await world.TakeAsync(address));

    /// <summary>The code of the only mail that waits for the address.</summary>
    public static async Task<string> ReadCodeAsync(this TestWorld world, string address) =>
        Code().Match(await world.ReadMailAsync(address)).Value;

    public static async Task ExpectNoMailAsync(this TestWorld world, string address) => Assert.Empty(await world.TakeAsync(address));

    private static async Task<List<string>> TakeAsync(this TestWorld world, string address)
    {
        // The service's own sender may be at it: this waits for it.
        await world.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
        var folder = new DirectoryInfo(world.Services.GetRequiredService<IOptions<MailOptions>>().Value.Folder!);
        var found = new List<string>();
        foreach (var file in folder.Exists ? folder.GetFiles("*.eml") : [])
        {
            using var mail = await MimeMessage.LoadAsync(file.FullName);
            if (mail.To.Mailboxes.Single().Address != address)
                continue;
            found.Add(mail.TextBody!);
            file.Delete();
        }

        return found;
    }

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}
