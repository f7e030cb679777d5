using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Tool.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace GpuGrants.Api.Tests.World;

/// <summary>One PostgreSQL for the whole run, and a database of its own for each test, cloned from a migrated template.</summary>
internal static class TestDatabase
{
    private const string Template = "gpugrants_template";
    private static readonly Lazy<Task<string>> Server = new(StartAsync);
    private static readonly SemaphoreSlim Cloning = new(1);
    private static EmbeddedPostgres? _server;

    /// <summary>A new migrated database, as the owner.</summary>
    public static async Task<string> CreateAsync()
    {
        var server = await Server.Value;
        var name = $"test_{Guid.NewGuid():N}";
        // PostgreSQL copies a template only while nobody else does.
        await Cloning.WaitAsync();
        try
        {
            await ExecuteAsync(server, $"create database {name} template {Template} strategy file_copy");
        }
        finally
        {
            Cloning.Release();
        }

        return For(server, name);
    }

    /// <summary>A new database without a schema, as the owner.</summary>
    public static async Task<string> CreateEmptyAsync()
    {
        var server = await Server.Value;
        var name = $"empty_{Guid.NewGuid():N}";
        await ExecuteAsync(server, $"create database {name}");
        return For(server, name);
    }

    public static async Task DropAsync(string database)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await ExecuteAsync(await Server.Value, $"drop database if exists {name} with (force)");
    }

    private static async Task<string> StartAsync()
    {
        var given = Environment.GetEnvironmentVariable("GPUGRANTS_TEST_DATABASE");
        if (given is not { Length: > 0 })
            _server = await EmbeddedPostgres.StartAsync(
                null,
                "max_connections=300",
                "fsync=off",
                "full_page_writes=off",
                "synchronous_commit=off",
                "shared_buffers=64MB"
            );
        var server = given is { Length: > 0 } ? given : _server!.ConnectionString;
        await ExecuteAsync(server, $"drop database if exists {Template}");
        await ExecuteAsync(server, $"create database {Template}");
        await Migrator.MigrateAsync(For(server, Template), NullLogger.Instance);
        await TestMoment.MakePartitionsAsync(For(server, Template));
        return server;
    }

    /// <summary>Without loading PostgreSQL's types, as the service: it takes each test's first connection 35 ms.</summary>
    private static string For(string server, string database) =>
        $"{new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString};Server Compatibility Mode=NoTypeLoading";

    private static async Task ExecuteAsync(string server, string sql)
    {
        // Pooled: each new connection is a process that PostgreSQL has to start.
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        // Without a limit: whoever makes or drops a database waits for a checkpoint, which takes what the machine takes.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
