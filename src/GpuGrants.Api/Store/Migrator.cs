using DbUp;
using DbUp.Engine;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Brings a database's schema up to date with the embedded migrations, one replica at a time.</summary>
public static class Migrator
{
    private const string Prefix = "migrations/";

    /// <exception cref="InvalidOperationException">A migration failed; it was rolled back.</exception>
    public static async Task MigrateAsync(string connectionString, ILogger logger)
    {
        // The lock is held by a connection of its own: DbUp opens another for each script.
        await using var guard = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString
        );
        await guard.OpenAsync();
        await using (var take = new NpgsqlCommand("select pg_advisory_lock(hashtext('gpugrants.migrations'))", guard))
            await take.ExecuteNonQueryAsync();
        var upgrade = DeployChanges
            .To.PostgresqlDatabase(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString)
            .WithScripts(Scripts())
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .LogTo(new DbUpLog(logger))
            .Build();
        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException(
                $"Migration {result.ErrorScript?.Name} failed and was rolled back: {result.Error.Message}",
                result.Error
            );
    }

    private static IEnumerable<SqlScript> Scripts()
    {
        var assembly = typeof(Migrator).Assembly;
        foreach (
            var name in assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new SqlScript(name[Prefix.Length..], reader.ReadToEnd());
        }
    }
}
