using GpuGrants.Api.Hosting;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Commands;

/// <summary>A database that is there and migrated, and services on it, as verbs of the command line need them.</summary>
internal sealed class Runtime : IAsyncDisposable
{
    private const string DatabaseName = "gpugrants";

    private readonly EmbeddedPostgres? _embedded;

    private Runtime(EmbeddedPostgres? embedded, string connectionString)
    {
        _embedded = embedded;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    /// <summary>Where the data is, for people.</summary>
    public string Description => _embedded?.Description ?? "the configured PostgreSQL";

    /// <summary>
    /// The configured database, or one that is started in <paramref name="directory"/>; migrated unless that is turned off.
    /// </summary>
    public static async Task<Runtime> StartAsync(IConfiguration configuration, string? directory)
    {
        var options = configuration.GetSection("Database").Get<DatabaseOptions>() ?? new DatabaseOptions();
        using var logs = LoggerFactory.Create(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
        if (options.ConnectionString is { Length: > 0 } given)
        {
            if (options.MigrateAtStart)
                await Migrator.MigrateAsync(options.MigrationConnectionString ?? given, logs.CreateLogger("Migrations"));
            return new Runtime(null, given);
        }

        var embedded = await EmbeddedPostgres.StartAsync(directory);
        var connection = await CreateDatabaseAsync(embedded.ConnectionString);
        await Migrator.MigrateAsync(connection, logs.CreateLogger("Migrations"));
        return new Runtime(embedded, connection);
    }

    public WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null) =>
        Service.Build(args, ConnectionString, configure);

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
            await _embedded.DisposeAsync();
    }

    private static async Task<string> CreateDatabaseAsync(string server)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = DatabaseName } },
        };
        if (!(bool)(await exists.ExecuteScalarAsync())!)
        {
            await using var create = new NpgsqlCommand($"create database {DatabaseName}", connection);
            await create.ExecuteNonQueryAsync();
        }

        return new NpgsqlConnectionStringBuilder(server) { Database = DatabaseName }.ConnectionString;
    }
}
