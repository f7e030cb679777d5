using System.Diagnostics;
using GpuGrants.Api.Store;
using GpuGrants.Tool.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>A PostgreSQL of its own with stock settings and full durability.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly LocalCluster _cluster;

    private BenchServer(LocalCluster cluster, string binaries)
    {
        _cluster = cluster;
        Binaries = binaries;
    }

    /// <summary>Where pgbench is.</summary>
    public string Binaries { get; }

    public int Port => _cluster.Port;

    public string Owner => _cluster.ConnectionString;

    public static async Task<BenchServer> StartAsync()
    {
        var binaries =
            LocalCluster.FindBinaries()
            ?? throw new InvalidOperationException("Benchmarks need installed PostgreSQL binaries, pgbench with them.");
        if (!File.Exists(Path.Combine(binaries, "pgbench")))
        {
            // Some installations put links to a few programs on the path; pgbench is where they lead.
            binaries =
                Path.GetDirectoryName(new FileInfo(Path.Combine(binaries, "postgres")).ResolveLinkTarget(returnFinalTarget: true)?.FullName)
                ?? binaries;
        }

        return new BenchServer(
            await LocalCluster.StartAsync(Path.Combine(Path.GetTempPath(), $"gpugrants-bench-{Guid.NewGuid():N}"), isEphemeral: true),
            binaries
        );
    }

    public async Task<string> CreateAsync(string name, bool migrated = true)
    {
        await ExecuteAsync(Owner, $"create database {name}");
        var database = new NpgsqlConnectionStringBuilder(Owner) { Database = name }.ConnectionString;
        if (migrated)
            await Migrator.MigrateAsync(database, NullLogger.Instance);
        return database;
    }

    public static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>So that no round pays for what another one left to be flushed.</summary>
    public Task CheckpointAsync() => ExecuteAsync(Owner, "checkpoint");

    /// <summary>Bytes of write-ahead log ever written.</summary>
    public Task<decimal> WalBytesAsync() => ScalarAsync<decimal>(Owner, "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')");

    /// <summary>CPU time that all of the server's processes have used, those that ended with them.</summary>
    public TimeSpan CpuTime()
    {
        var ticks = 0L;
        foreach (var directory in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(directory, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var id = int.Parse(Path.GetFileName(directory), System.Globalization.CultureInfo.InvariantCulture);
                var parent = int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
                if (id != _cluster.ProcessId && parent != _cluster.ProcessId)
                    continue;
                ticks +=
                    long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture)
                    + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture);
                // The postmaster has waited for its children that ended.
                if (id == _cluster.ProcessId)
                    ticks +=
                        long.Parse(fields[13], System.Globalization.CultureInfo.InvariantCulture)
                        + long.Parse(fields[14], System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The process ended while it was looked at.
            }
        }

        return TimeSpan.FromSeconds(ticks / 100.0);
    }

    public ProcessStartInfo Tool(string name, string database, params string[] arguments)
    {
        var settings = new NpgsqlConnectionStringBuilder(Owner);
        var info = new ProcessStartInfo(Path.Combine(Binaries, name)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (
            var argument in (string[])
                [
                    "-h",
                    settings.Host!,
                    "-p",
                    Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    "-U",
                    settings.Username!,
                    .. arguments,
                    database,
                ]
        )
            info.ArgumentList.Add(argument);
        info.Environment["PGPASSWORD"] = settings.Password;
        return info;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
