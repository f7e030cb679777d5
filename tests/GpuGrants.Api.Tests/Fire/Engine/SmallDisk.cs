using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// A PostgreSQL whose disk can be filled and freed: on a small tmpfs where one may be mounted; elsewhere its processes are forbidden to let
/// files grow, which any user may do.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    /// <summary>
    /// Segments of the write-ahead log are that large and have to fit under the limit; the table that everybody writes to is grown beyond
    /// it.
    /// </summary>
    private const int LimitBytes = 16 << 20;

    private readonly string _directory;
    private readonly bool _isMounted;

    private SmallDisk(string directory, bool isMounted, CrashCluster cluster) =>
        (_directory, _isMounted, Cluster) = (directory, isMounted, cluster);

    public CrashCluster Cluster { get; }

    public static async Task<SmallDisk> StartAsync(bool mayMount)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"gpugrants-disk-{Guid.NewGuid():N}");
        Directory.CreateDirectory(directory);
        var isMounted = mayMount && await RunAsync("mount", "-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs", directory);
        var cluster = await CrashCluster.StartAsync(Path.Combine(directory, "data"), "max_wal_size=48MB", "min_wal_size=32MB");
        if (!isMounted)
            await GrowAsync(cluster.Database);
        return new SmallDisk(directory, isMounted, cluster);
    }

    /// <summary>From here on nothing that has to be made or to grow finds room.</summary>
    public async Task FillAsync()
    {
        if (!_isMounted)
        {
            await LimitAsync(LimitBytes.ToString(CultureInfo.InvariantCulture));
            return;
        }

        await using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4_096];
        try
        {
            while (true)
                await filler.WriteAsync(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Makes room, and starts PostgreSQL again if the want of it was its end.</summary>
    public async Task FreeAsync()
    {
        if (_isMounted)
            File.Delete(Filler);
        else
            await LimitAsync("unlimited");
        await Cluster.ReviveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        if (_isMounted)
            await RunAsync("umount", "-l", _directory);
        Directory.Delete(_directory, recursive: true);
    }

    private string Filler => Path.Combine(_directory, "filler");

    private static async Task GrowAsync(string database)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        // With next to nothing of a page filled, every new row needs a new page.
        await using var command = new NpgsqlCommand(
            """
            alter table idempotency_keys set (fillfactor = 10);
            insert into idempotency_keys select gen_random_uuid(), 'filler', 'POST /filler', i::text, sha256(i::text::bytea), 200,
                decode(repeat(md5(i::text), 60), 'hex'), 'identity', '', null, null, now()
            from generate_series(1, 3000) i
            """,
            connection
        );
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// The soft limit of the processes that are there; those to come inherit it. Processes come and go; the first is the one that has to be
    /// there.
    /// </summary>
    private async Task LimitAsync(string bytes)
    {
        // PostgreSQL never runs as root, and only the user whose process it is may limit it.
        string[] asTheirs = Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
        var processIds = Cluster.ProcessIds;
        foreach (var id in processIds)
        {
            string[] command = [.. asTheirs, "prlimit", "--pid", id.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:"];
            if (!await RunAsync(command[0], command[1..]) && id == processIds[0])
                throw new InvalidOperationException("PostgreSQL's files could not be limited.");
        }
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
