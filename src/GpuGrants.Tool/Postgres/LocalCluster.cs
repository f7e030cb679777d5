using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace GpuGrants.Tool.Postgres;

/// <summary>
/// A private PostgreSQL cluster from installed binaries, on a free port of the loopback interface. PostgreSQL refuses to run as root, so
/// root hands it over to another user.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _binaries;
    private readonly FileStream? _presence;

    private LocalCluster(string binaries, string directory, int port, string connectionString, FileStream? presence)
    {
        _binaries = binaries;
        _presence = presence;
        Directory = directory;
        Port = port;
        ConnectionString = connectionString;
    }

    public string Directory { get; }

    public int Port { get; }

    /// <summary>As the owner, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>The directory of the newest installed binaries; null when there are none.</summary>
    public static string? FindBinaries()
    {
        var candidates = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .ToList();
        foreach (var root in (string[])["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", @"C:\Program Files\PostgreSQL"])
        {
            if (!System.IO.Directory.Exists(root))
                continue;
            candidates.AddRange(
                System
                    .IO.Directory.GetDirectories(root)
                    .Where(path =>
                        !root.EndsWith("opt", StringComparison.Ordinal)
                        || Path.GetFileName(path).StartsWith("postgresql", StringComparison.Ordinal)
                    )
                    .OrderByDescending(path => path, StringComparer.Ordinal)
                    .Select(path => Path.Combine(path, "bin"))
            );
        }

        var suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        return candidates.Find(path =>
            File.Exists(Path.Combine(path, "initdb" + suffix)) && File.Exists(Path.Combine(path, "postgres" + suffix))
        );
    }

    /// <summary>
    /// Starts the cluster in the directory, made first when it is not there. An ephemeral one is deleted when it stops. One that stays may
    /// be running already, because the process that started it was killed or is still at work: then that one is used, and whoever leaves it
    /// last stops it.
    /// </summary>
    /// <exception cref="InvalidOperationException">There are no binaries, or PostgreSQL does not start; the message says what it
    /// said.</exception>
    public static async Task<LocalCluster> StartAsync(string directory, bool isEphemeral, params string[] settings)
    {
        var binaries = FindBinaries() ?? throw new InvalidOperationException("No PostgreSQL binaries were found.");
        directory = Path.GetFullPath(directory);
        if (!isEphemeral)
            return await JoinAsync(binaries, directory, settings);
        var (port, connection) = await RunServerAsync(binaries, directory, isEphemeral, settings);
        var cluster = new LocalCluster(binaries, directory, port, connection, null);
        cluster.StopWhenParentEnds();
        return cluster;
    }

    /// <summary>The postmaster's process id.</summary>
    public int ProcessId =>
        int.Parse(File.ReadLines(Path.Combine(Directory, "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);

    public async Task StopAsync(string mode = "fast") =>
        await RunAsync(Path.Combine(_binaries, "pg_ctl"), ["-D", Directory, "-m", mode, "-w", "stop"], failsLoudly: false);

    /// <summary>Starts it again on the same port, after a crash.</summary>
    public async Task RestartAsync(params string[] settings)
    {
        var options = string.Join(
            ' ',
            settings.Concat([$"port={Port}", "listen_addresses=127.0.0.1", "unix_socket_directories=''"]).Select(setting => "-c " + setting)
        );
        File.Delete(Path.Combine(Directory, "postmaster.pid"));
        await RunAsync(
            Path.Combine(_binaries, "pg_ctl"),
            ["-D", Directory, "-l", Path.Combine(Directory, "server.log"), "-w", "-t", "60", "-o", options, "start"]
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_presence is not null)
        {
            await LeaveAsync(_presence);
            return;
        }

        await StopAsync("immediate");
        System.IO.Directory.Delete(Directory, recursive: true);
        File.Delete(Directory + ".password");
    }

    /// <summary>
    /// Each user of a permanent cluster holds its lock file shared. Starting or stopping it takes the lock exclusively. The lock ends with
    /// its process.
    /// </summary>
    private static async Task<LocalCluster> JoinAsync(string binaries, string directory, string[] settings)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        for (var waiting = Stopwatch.StartNew(); waiting.Elapsed < Patience; await Task.Delay(100))
        {
            var presence = TryLock(directory, FileShare.Read);
            if (presence is not null && await FindRunningAsync(directory) is { } running)
                return new LocalCluster(binaries, directory, running.Port, running.Connection, presence);
            if (presence is not null)
                await presence.DisposeAsync();
            await using var alone = TryLock(directory, FileShare.None);
            if (alone is not null && await FindRunningAsync(directory) is null)
                await RunServerAsync(binaries, directory, isEphemeral: false, settings);
        }

        throw new InvalidOperationException(
            $"Another process has been starting or stopping PostgreSQL in {directory} for more than {Patience.TotalSeconds:0} s. "
                + "End it, or choose another directory."
        );
    }

    private async Task LeaveAsync(FileStream presence)
    {
        await presence.DisposeAsync();
        await using var alone = TryLock(Directory, FileShare.None);
        if (alone is not null)
            await StopAsync();
    }

    /// <summary>Null while others hold it otherwise.</summary>
    private static FileStream? TryLock(string directory, FileShare share)
    {
        try
        {
            return new FileStream(directory + ".lock", FileMode.OpenOrCreate, FileAccess.Read, share);
        }
        catch (IOException) when (File.Exists(directory + ".lock"))
        {
            return null;
        }
    }

    /// <summary>
    /// The server that runs on this very directory, once it accepts connections; null when none does. PostgreSQL itself handles a file that
    /// a dead server left behind.
    /// </summary>
    private static async Task<(int Port, string Connection)?> FindRunningAsync(string directory)
    {
        while (
            await ReadPidFileAsync(directory) is [_, var data, _, var line, ..]
            && Path.GetFullPath(data) == directory
            && int.TryParse(line, out var port)
        )
        {
            var connection = ConnectionTo(port, await File.ReadAllTextAsync(directory + ".password"));
            try
            {
                await using var trying = new NpgsqlConnection(
                    new NpgsqlConnectionStringBuilder(connection) { Pooling = false, Timeout = 5 }.ConnectionString
                );
                await trying.OpenAsync();
                return (port, connection);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                // It is starting, recovering or stopping.
                await Task.Delay(100);
            }
            catch (NpgsqlException)
            {
                return null;
            }
        }

        return null;
    }

    private static async Task<string[]> ReadPidFileAsync(string directory)
    {
        try
        {
            return await File.ReadAllLinesAsync(Path.Combine(directory, "postmaster.pid"));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static async Task<(int Port, string Connection)> RunServerAsync(
        string binaries,
        string directory,
        bool isEphemeral,
        string[] settings
    )
    {
        System.IO.Directory.CreateDirectory(directory);
        var passwordFile = directory + ".password";
        if (!File.Exists(Path.Combine(directory, "PG_VERSION")))
        {
            await File.WriteAllTextAsync(passwordFile, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await RunAsync("chown", ["-R", "postgres", directory, passwordFile], onlyAsRoot: true);
            await RunAsync(
                Path.Combine(binaries, "initdb"),
                [
                    "-D",
                    directory,
                    "-U",
                    "postgres",
                    "-A",
                    "scram-sha-256",
                    "--pwfile",
                    passwordFile,
                    "-E",
                    "UTF8",
                    "--locale=C",
                    .. isEphemeral ? ["--no-sync"] : Array.Empty<string>(),
                ]
            );
        }

        var port = LoopbackPort.Take();
        var options = string.Join(
            ' ',
            settings.Concat([$"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=''"]).Select(setting => "-c " + setting)
        );
        await RunAsync(
            Path.Combine(binaries, "pg_ctl"),
            ["-D", directory, "-l", Path.Combine(directory, "server.log"), "-w", "-t", "60", "-o", options, "start"]
        );
        return (port, ConnectionTo(port, await File.ReadAllTextAsync(passwordFile)));
    }

    private static string ConnectionTo(int port, string password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "postgres",
            Password = password.Trim(),
            Database = "postgres",
        }.ConnectionString;

    /// <summary>An ephemeral cluster must not outlive a process that was killed: a shell waits for it and cleans up.</summary>
    private void StopWhenParentEnds()
    {
        if (OperatingSystem.IsWindows())
            return;
        var script =
            $"while kill -0 {Environment.ProcessId} 2>/dev/null; do sleep 1; done; "
            + $"if [ -f '{Directory}/postmaster.pid' ]; then kill -QUIT $(head -1 '{Directory}/postmaster.pid'); sleep 1; fi; "
            + $"rm -rf '{Directory}' '{Directory}.password'";
        // Ctrl+C in the terminal must not end the shell before it cleaned up. macOS has no setsid.
        var info = new ProcessStartInfo(OperatingSystem.IsLinux() ? "setsid" : "nohup")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in (string[])["sh", "-c", script])
            info.ArgumentList.Add(argument);
        Process.Start(info)?.Dispose();
    }

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    private static async Task RunAsync(string program, string[] arguments, bool onlyAsRoot = false, bool failsLoudly = true)
    {
        if (onlyAsRoot && !IsRoot)
            return;
        string[] command =
            IsRoot && !onlyAsRoot
                ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments]
                : [program, .. arguments];
        // The server inherits what it is given: with pipes of ours it would keep them open for ever.
        var log = Path.GetTempFileName();
        var info = new ProcessStartInfo("sh") { WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. command])
            info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C";
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.WaitForExitAsync();
        var said = await File.ReadAllTextAsync(log);
        File.Delete(log);
        if (process.ExitCode != 0 && failsLoudly)
            throw new InvalidOperationException($"{Path.GetFileName(program)} failed: {said.Trim()}");
    }
}
