using GpuGrants.Api.Hosting;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Commands;

/// <summary>A database with the current schema, for as long as a verb needs it.</summary>
/// <param name="ConnectionString">How the service connects.</param>
/// <param name="Description">Where the data is, for people.</param>
/// <param name="Server">A server that stops when the verb ends; null when the server is not the verb's own.</param>
public sealed record MigratedDatabase(string ConnectionString, string Description, IAsyncDisposable? Server = null) : IAsyncDisposable
{
    /// <summary>The configured database, migrated unless <c>Database:MigrateAtStart</c> is false.</summary>
    /// <returns>Null when <c>Database:ConnectionString</c> is empty.</returns>
    /// <param name="configuration">Has the section <c>Database</c>.</param>
    /// <param name="alwaysMigrate">True for the verb whose purpose is to migrate.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// The configuration has settings that nothing reads: nothing is migrated for a service that would not start.
    /// </exception>
    public static async Task<MigratedDatabase?> FindAsync(IConfiguration configuration, bool alwaysMigrate = false)
    {
        Settings.RefuseUnknown(configuration);
        var options = configuration.GetSection("Database").Get<DatabaseOptions>() ?? new DatabaseOptions();
        if (options.ConnectionString is not { Length: > 0 } given)
            return null;
        if (options.MigrateAtStart || alwaysMigrate)
            await MigrateAsync(options.MigrationConnectionString ?? given);
        return new MigratedDatabase(given, "the configured PostgreSQL");
    }

    /// <summary>The same, where only a configured database will do.</summary>
    /// <exception cref="InvalidOperationException">None is configured.</exception>
    public static async Task<MigratedDatabase> OpenAsync(IConfiguration configuration, bool alwaysMigrate = false) =>
        await FindAsync(configuration, alwaysMigrate)
        ?? throw new InvalidOperationException("No database is configured. Set Database__ConnectionString to a PostgreSQL 15 or later.");

    /// <summary>Brings the schema up to date; warnings go to the console.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        using var logs = LoggerFactory.Create(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
        await Migrator.MigrateAsync(connectionString, logs.CreateLogger("Migrations"));
    }

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
