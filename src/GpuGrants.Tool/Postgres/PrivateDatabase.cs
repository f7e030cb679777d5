using GpuGrants.Api.Commands;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace GpuGrants.Tool.Postgres;

/// <summary>The configured database, or one on a PostgreSQL that is started for it.</summary>
internal static class PrivateDatabase
{
    private const string Name = "gpugrants";

    /// <param name="configuration">Names a database; a private one is started when it does not.</param>
    /// <param name="directory">Where a private cluster keeps its data; null for one that is deleted in the end.</param>
    /// <param name="alwaysMigrate">True for the verb whose purpose is to migrate.</param>
    /// <exception cref="InvalidOperationException">There is nothing to run on; the message names the ways out.</exception>
    public static async Task<MigratedDatabase> OpenAsync(IConfiguration configuration, string? directory, bool alwaysMigrate = false)
    {
        if (await MigratedDatabase.FindAsync(configuration, alwaysMigrate) is { } configured)
            return configured;
        var server = await EmbeddedPostgres.StartAsync(directory);
        try
        {
            var connection = await CreateAsync(server.ConnectionString);
            await MigratedDatabase.MigrateAsync(connection);
            return new MigratedDatabase(connection, server.Description, server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> CreateAsync(string server)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = Name } },
        };
        if (!(bool)(await exists.ExecuteScalarAsync())!)
        {
            await using var create = new NpgsqlCommand($"create database {Name}", connection);
            await create.ExecuteNonQueryAsync();
        }

        return new NpgsqlConnectionStringBuilder(server) { Database = Name }.ConnectionString;
    }
}
