using System.Diagnostics;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>The script of the docs signs a newcomer up and asks, against a service that is open.</summary>
public sealed class SignUpScriptTests
{
    [Fact]
    public async Task The_script_makes_a_newcomers_three_calls()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.Scene();
        using var script = Process.Start(
            new ProcessStartInfo("bash", [Repository.File("docs", "examples", "sign-up.sh"), world.Address.ToString(), "mina@example.org"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = script.StandardError.ReadToEndAsync();
        await script.StandardInput.WriteLineAsync(await CodeAsync(world, script));
        var said = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, $"{said}\n{await errors}");
        Assert.Contains("\"status\":\"approved\"", said, StringComparison.Ordinal);
    }

    /// <summary>The code of the mail, as soon as the script's first call has it sent.</summary>
    private static async Task<string> CodeAsync(TestWorld world, Process script)
    {
        while (await world.ScalarAsync<long>("select count(*) from mails") == 0)
            Assert.False(script.HasExited, "The script ended without its first call.");
        return await world.ReadCodeAsync("mina@example.org");
    }
}
