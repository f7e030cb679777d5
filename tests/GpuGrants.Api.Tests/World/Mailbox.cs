using System.Text.RegularExpressions;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Notices;
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
    public static async Task<string> ReadMailAsync(this TestWorld world, string address) =>
        Assert.Single(await world.TakeAsync(address)).Text;

    /// <summary>The code of the only mail with one that waits for the address. Notices may wait beside it.</summary>
    public static async Task<string> ReadCodeAsync(this TestWorld world, string address) =>
        Code()
            .Match(Assert.Single(await world.TakeAsync(address), mail => mail.Unsubscribe is null && Code().IsMatch(mail.Text)).Text)
            .Value;

    public static async Task ExpectNoMailAsync(this TestWorld world, string address) => Assert.Empty(await world.TakeAsync(address));

    /// <summary>Tells people what happened, by mail that then waits for them.</summary>
    public static Task FollowNoticesAsync(this TestWorld world) =>
        world.Services.GetRequiredService<NoticeFollower>().RunAsync(CancellationToken.None);

    /// <summary>Tells people what happened, then takes all mail that waits for the address out of its mailbox, oldest first.</summary>
    public static async Task<List<Posted>> TakeNoticesAsync(this TestWorld world, string address)
    {
        await world.FollowNoticesAsync();
        return await world.TakeAsync(address);
    }

    /// <summary>The only notice that waits for the address.</summary>
    public static async Task<Posted> TakeNoticeAsync(this TestWorld world, string address) =>
        Assert.Single(await world.TakeNoticesAsync(address));

    private static async Task<List<Posted>> TakeAsync(this TestWorld world, string address)
    {
        var found = new List<(string Name, Posted Mail)>();
        foreach (var replica in world.Replicas.Where(one => !one.IsEnded))
            found.AddRange(await TakeOfAsync(replica, address));
        return [.. found.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => one.Mail)];
    }

    /// <summary>Any replica may have sent a mail, each into its own folder.</summary>
    private static async Task<List<(string Name, Posted Mail)>> TakeOfAsync(TestWorld replica, string address)
    {
        var found = new List<(string Name, Posted Mail)>();
        if (replica.Services.GetRequiredService<IOptions<MailOptions>>().Value.Folder is not { } path)
            return found;
        // Worlds leave mail to the test, so no other replica takes what this one is asked to send.
        await replica.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
        var folder = new DirectoryInfo(path);
        foreach (var file in folder.Exists ? folder.GetFiles("*.eml") : [])
        {
            using var mail = await MimeMessage.LoadAsync(file.FullName);
            if (mail.To.Mailboxes.Single().Address != address)
                continue;
            Assert.IsType<MultipartAlternative>(mail.Body);
            var unsubscribe = mail.Headers[HeaderId.ListUnsubscribe];
            found.Add((file.Name, new Posted(mail.Subject!, mail.TextBody!, mail.HtmlBody!, unsubscribe?.Trim('<', '>'))));
            Assert.Equal(unsubscribe is null, mail.Headers[HeaderId.ListUnsubscribePost] is null);
            file.Delete();
        }

        return found;
    }

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}

/// <summary>A mail as it arrived.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Text">The plain text.</param>
/// <param name="Html">The same as HTML.</param>
/// <param name="Unsubscribe">The address of <c>List-Unsubscribe</c>; null for mail that is always sent.</param>
internal sealed record Posted(string Subject, string Text, string Html, string? Unsubscribe);
