using System.Diagnostics;
using GpuGrants.Api.Tests.Fire.Engine;

namespace GpuGrants.Api.Tests.Fire;

public sealed class RestartTests
{
    [Fact]
    public async Task A_service_that_was_killed_starts_again_on_the_PostgreSQL_that_outlived_it_and_the_first_to_leave_does_not_stop_it()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"gpugrants-restart-{Guid.NewGuid():N}");
        var pidFile = Path.Combine(directory, "data", "postmaster.pid");
        Directory.CreateDirectory(directory);
        using var killed = await ServiceProcess.StartOnDataAsync(Path.Combine(directory, "data"));
        var server = PidIn(pidFile);
        await killed.KillAsync();
        using var second = await ServiceProcess.StartOnDataAsync(Path.Combine(directory, "data"));
        Assert.Equal(server, PidIn(pidFile));
        using var third = await ServiceProcess.StartOnDataAsync(Path.Combine(directory, "data"));
        await second.StopAsync();
        Assert.Equal(server, PidIn(pidFile));
        await third.StopAsync();
        // However far it came with stopping PostgreSQL when its time was up, nothing is left behind.
        if (File.Exists(pidFile))
            Process.Start("kill", ["-QUIT", server!]).Dispose();
        while (File.Exists(pidFile))
            await Task.Delay(50);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Null where the database is elsewhere, in Docker.</summary>
    private static string? PidIn(string file) => File.Exists(file) ? File.ReadLines(file).First() : null;
}
