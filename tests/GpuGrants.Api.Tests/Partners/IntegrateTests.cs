using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.Webhooks;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>
/// The guide for integrators, as it is written: every block marked bash runs in one shell, in order, against a real service. On a machine
/// without curl, jq or openssl, bash only reads them.
/// </summary>
public sealed partial class IntegrateTests
{
    private static readonly string[] Tools = ["curl", "jq", "openssl"];

    [Fact]
    public async Task Every_snippet_of_the_guide_runs_from_nothing_to_a_grant_to_webhooks()
    {
        var folder = Directory.CreateTempSubdirectory("gpugrants-integrate-");
        try
        {
            var script = Path.Combine(folder.FullName, "guide.sh");
            var blocks = Blocks().Matches(await File.ReadAllTextAsync(Repository.File("docs", "integrate.md"))).ToList();
            Assert.True(blocks.Count > 15, "The guide has too few blocks marked bash.");
            await File.WriteAllTextAsync(script, "set -euo pipefail\n" + string.Concat(blocks.Select(one => one.Groups["code"].Value)));
            if (Tools.All(IsInstalled))
                await RunAsync(folder, script);
            else
                await ExpectSuccessAsync(Start(folder, "-n", script));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(DirectoryInfo folder, string script)
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Webhooks:AllowedNetworks:0=127.0.0.0/8"]);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (got, _) =>
        {
            File.WriteAllText(Path.Combine(folder.FullName, "delivery.json"), Delivery(got));
            return 200;
        };
        await world.Scene();
        using var shell = Start(
            folder,
            script,
            ("SERVICE", world.Address.ToString().TrimEnd('/')),
            ("ADMIN_ID", world.Admin.ClientId),
            ("ADMIN_SECRET", world.Admin.ClientSecret),
            ("RECEIVER", receiver.Url)
        );
        var finished = ExpectSuccessAsync(shell);
        while (await world.ScalarAsync<long>("select count(*) from mails") == 0)
            if (finished.IsCompleted)
                await finished;
        await shell.StandardInput.WriteLineAsync(await world.ReadCodeAsync("mina@example.org"));
        await finished;
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from grants"));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from partner_people where status = 'removed'"));
    }

    private static string Delivery(Received got) =>
        JsonSerializer.Serialize(
            new
            {
                id = got.Id,
                timestamp = got.Timestamp,
                signature = got.Signature,
                body = Encoding.UTF8.GetString(got.Body),
            }
        );

    private static async Task ExpectSuccessAsync(Process shell)
    {
        var (said, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{await said}\n{await errors}");
    }

    private static Process Start(DirectoryInfo folder, string first, params (string Name, string Value)[] environment) =>
        Start(folder, [first], environment);

    private static Process Start(DirectoryInfo folder, string option, string script) => Start(folder, [option, script], []);

    private static Process Start(DirectoryInfo folder, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    [GeneratedRegex("^```bash\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
