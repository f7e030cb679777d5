using System.Diagnostics;
using System.Globalization;
using GpuGrants.Api.Store;
using GpuGrants.Tool.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>A private PostgreSQL with stock durability, all of whose processes can be killed at once.</summary>
internal sealed class CrashCluster : IAsyncDisposable
{
    private readonly LocalCluster _cluster;
    private readonly string[] _settings;

    private CrashCluster(LocalCluster cluster, string[] settings, string database)
    {
        (_cluster, _settings) = (cluster, settings);
        Database = database;
    }

    /// <summary>A migrated database, as the owner.</summary>
    public string Database { get; }

    /// <summary>The postmaster and every process that it started.</summary>
    public IReadOnlyList<int> ProcessIds => Family(_cluster.ProcessId);

    public static async Task<CrashCluster> StartAsync(string? directory = null, params string[] settings)
    {
        var cluster = await LocalCluster.StartAsync(
            directory ?? Path.Combine(Path.GetTempPath(), $"gpugrants-fire-{Guid.NewGuid():N}"),
            isEphemeral: true,
            settings
        );
        await using (
            var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString
            )
        )
        {
            await connection.OpenAsync();
            await using var create = new NpgsqlCommand("create database fire", connection);
            await create.ExecuteNonQueryAsync();
        }

        var database = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = "fire", Pooling = false }.ConnectionString;
        await Migrator.MigrateAsync(database, NullLogger.Instance);
        await TestMoment.MakePartitionsAsync(database);
        return new CrashCluster(cluster, settings, new NpgsqlConnectionStringBuilder(database) { Pooling = true }.ConnectionString);
    }

    /// <summary>
    /// As <c>kill -9</c> of the postmaster and every process that it started, in one call; then starts it again on what is on the disk.
    /// </summary>
    public async Task CrashAsync()
    {
        var processes = Family(_cluster.ProcessId);
        using (var kill = Process.Start("kill", ["-9", .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))]))
            await kill.WaitForExitAsync();
        while (processes.Any(IsAlive))
            await Task.Delay(5);
        await _cluster.RestartAsync(_settings);
    }

    /// <summary>Starts it again if it ended of itself.</summary>
    public async Task ReviveAsync()
    {
        if (!File.Exists(Path.Combine(_cluster.Directory, "postmaster.pid")) || !IsAlive(_cluster.ProcessId))
            await _cluster.RestartAsync(_settings);
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static List<int> Family(int postmaster) =>
        [
            postmaster,
            .. Directory
                .GetDirectories("/proc")
                .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
                .Where(id => id != 0 && Stat(id) is [_, var parent, ..] && parent == postmaster.ToString(CultureInfo.InvariantCulture)),
        ];

    /// <summary>A zombie is dead: only its parent has not noticed yet.</summary>
    private static bool IsAlive(int id) => Stat(id) is [not "Z", ..];

    /// <summary>State and parent of a process; null when it is gone.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
