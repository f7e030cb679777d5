using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>
/// A private PostgreSQL cluster from installed binaries, on a free port of the loopback interface. PostgreSQL refuses to run as root, so root
/// hands it over to another user.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private readonly string _binaries;
    private readonly bool _isEphemeral;

    private LocalCluster(string binaries, string directory, int port, string password, bool isEphemeral)
    {
        _binaries = binaries;
        _isEphemeral = isEphemeral;
        Directory = directory;
        Port = port;
        ConnectionString = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = "postgres", Password = password, Database = "postgres" }.ConnectionString;
    }

    public string Directory { get; }

    public int Port { get; }

    /// <summary>As the owner, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>The directory of the newest installed binaries; null when there are none.</summary>
    public static string? FindBinaries()
    {
        var candidates = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var root in (string[])["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", @"C:\Program Files\PostgreSQL"])
        {
            if (!System.IO.Directory.Exists(root)) continue;
            candidates.AddRange(System.IO.Directory.GetDirectories(root)
                .Where(path => !root.EndsWith("opt", StringComparison.Ordinal) || Path.GetFileName(path).StartsWith("postgresql", StringComparison.Ordinal))
                .OrderByDescending(path => path, StringComparer.Ordinal).Select(path => Path.Combine(path, "bin")));
        }

        var suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        return candidates.Find(path => File.Exists(Path.Combine(path, "initdb" + suffix)) && File.Exists(Path.Combine(path, "postgres" + suffix)));
    }

    /// <summary>Starts the cluster in the directory, made first when it is not there; an ephemeral one is deleted when it stops.</summary>
    /// <exception cref="InvalidOperationException">There are no binaries, or PostgreSQL does not start; the message says what it said.</exception>
    public static async Task<LocalCluster> StartAsync(string directory, bool isEphemeral, params string[] settings)
    {
        var binaries = FindBinaries() ?? throw new InvalidOperationException("No PostgreSQL binaries were found.");
        directory = Path.GetFullPath(directory);
        System.IO.Directory.CreateDirectory(directory);
        var passwordFile = directory + ".password";
        if (!File.Exists(Path.Combine(directory, "PG_VERSION")))
        {
            await File.WriteAllTextAsync(passwordFile, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await RunAsync("chown", ["-R", "postgres", directory, passwordFile], onlyAsRoot: true);
            await RunAsync(Path.Combine(binaries, "initdb"), ["-D", directory, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C", .. isEphemeral ? ["--no-sync"] : Array.Empty<string>()]);
        }

        var port = FreePort();
        var options = string.Join(' ', settings.Concat([$"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=''"]).Select(setting => "-c " + setting));
        await RunAsync(Path.Combine(binaries, "pg_ctl"), ["-D", directory, "-l", Path.Combine(directory, "server.log"), "-w", "-t", "60", "-o", options, "start"]);
        var cluster = new LocalCluster(binaries, directory, port, (await File.ReadAllTextAsync(passwordFile)).Trim(), isEphemeral);
        if (isEphemeral) cluster.StopWhenParentEnds();
        return cluster;
    }

    /// <summary>The postmaster's process id.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Directory, "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);

    public async Task StopAsync(string mode = "fast") =>
        await RunAsync(Path.Combine(_binaries, "pg_ctl"), ["-D", Directory, "-m", mode, "-w", "stop"], failsLoudly: false);

    /// <summary>Starts it again on the same port, after a crash.</summary>
    public async Task RestartAsync(params string[] settings)
    {
        var options = string.Join(' ', settings.Concat([$"port={Port}", "listen_addresses=127.0.0.1", "unix_socket_directories=''"]).Select(setting => "-c " + setting));
        File.Delete(Path.Combine(Directory, "postmaster.pid"));
        await RunAsync(Path.Combine(_binaries, "pg_ctl"), ["-D", Directory, "-l", Path.Combine(Directory, "server.log"), "-w", "-t", "60", "-o", options, "start"]);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(_isEphemeral ? "immediate" : "fast");
        if (!_isEphemeral) return;
        System.IO.Directory.Delete(Directory, recursive: true);
        File.Delete(Directory + ".password");
    }

    /// <summary>An ephemeral cluster must not outlive a process that was killed: a shell waits for it and cleans up.</summary>
    private void StopWhenParentEnds()
    {
        if (OperatingSystem.IsWindows()) return;
        var script = $"while kill -0 {Environment.ProcessId} 2>/dev/null; do sleep 1; done; if [ -f '{Directory}/postmaster.pid' ]; then kill -QUIT $(head -1 '{Directory}/postmaster.pid'); sleep 1; fi; rm -rf '{Directory}' '{Directory}.password'";
        var info = new ProcessStartInfo("setsid") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["sh", "-c", script]) info.ArgumentList.Add(argument);
        Process.Start(info)?.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    private static async Task RunAsync(string program, string[] arguments, bool onlyAsRoot = false, bool failsLoudly = true)
    {
        if (onlyAsRoot && !IsRoot) return;
        string[] command = IsRoot && !onlyAsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments] : [program, .. arguments];
        // The server inherits what it is given: with pipes of ours it would keep them open for ever.
        var log = Path.GetTempFileName();
        var info = new ProcessStartInfo("sh") { WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, .. command]) info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C";
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.WaitForExitAsync();
        var said = await File.ReadAllTextAsync(log);
        File.Delete(log);
        if (process.ExitCode != 0 && failsLoudly)
            throw new InvalidOperationException($"{Path.GetFileName(program)} failed: {said.Trim()}");
    }
}
