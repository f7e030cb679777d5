using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GpuGrants.Api.Tests.World;

/// <summary>
/// A page of docs/ as it is written: every block marked bash runs in one shell, in order. On a machine without the tools, bash only reads
/// them.
/// </summary>
internal sealed partial class Guide : IDisposable
{
    private static readonly string[] Tools = ["curl", "jq", "openssl"];

    private readonly string _script;

    private Guide(string script) => _script = script;

    /// <summary>Where the page's files lie.</summary>
    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("gpugrants-guide-");

    /// <summary>The page, ready to run.</summary>
    /// <param name="page">Its name in docs/.</param>
    /// <param name="atLeast">How many blocks it has.</param>
    /// <returns>Null on a machine without the tools. Bash has read the page then.</returns>
    public static async Task<Guide?> OpenAsync(string page, int atLeast)
    {
        var blocks = Blocks().Matches(await File.ReadAllTextAsync(Repository.File("docs", page))).ToList();
        Assert.True(blocks.Count >= atLeast, $"{page} has too few blocks marked bash.");
        var guide = new Guide("set -euo pipefail\n" + string.Concat(blocks.Select(one => one.Groups["code"].Value)));
        if (Tools.All(IsInstalled))
            return guide;
        using (guide)
            await guide.CheckAsync();
        return null;
    }

    /// <summary>Starts the page's shell.</summary>
    public Process Start(params (string Name, string Value)[] environment) => Start([WriteScript()], environment);

    public static async Task ExpectSuccessAsync(Process shell)
    {
        var (said, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{await said}\n{await errors}");
    }

    public void Dispose() => Folder.Delete(recursive: true);

    /// <summary>Has bash read the page without running it.</summary>
    private async Task CheckAsync()
    {
        using var shell = Start(["-n", WriteScript()], []);
        await ExpectSuccessAsync(shell);
    }

    private string WriteScript()
    {
        var path = Path.Combine(Folder.FullName, "guide.sh");
        File.WriteAllText(path, _script);
        return path;
    }

    private Process Start(string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", arguments)
        {
            WorkingDirectory = Folder.FullName,
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

/// <summary>What pages of docs/ need of a world.</summary>
internal static class Guides
{
    /// <summary>The service's address, and an administrator's credentials.</summary>
    public static (string Name, string Value)[] ForGuides(this TestWorld world) =>
        [
            ("SERVICE", world.Address.ToString().TrimEnd('/')),
            ("ADMIN_ID", world.Admin.ClientId),
            ("ADMIN_SECRET", world.Admin.ClientSecret),
        ];

    /// <summary>Types the code that is mailed while the page runs, and waits for the page's end.</summary>
    public static async Task TypeMailedCodeAsync(this TestWorld world, Process shell, string address)
    {
        var finished = Guide.ExpectSuccessAsync(shell);
        while (await world.ScalarAsync<long>("select count(*) from mails") == 0)
            if (finished.IsCompleted)
                await finished;
        await shell.StandardInput.WriteLineAsync(await world.ReadCodeAsync(address));
        await finished;
    }
}
