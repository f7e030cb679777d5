using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Makes the service's data source.</summary>
public static class Database
{
    public const string RuntimeRole = "gpugrants_runtime";

    /// <summary>The key of the pipeline's own data source: nobody who reads takes a connection that a batch waits for.</summary>
    public const string Pipeline = "pipeline";

    /// <summary>
    /// Every statement of the pipeline looks for rows by their keys. Where a table is small, a hash or merge join reads all of it, batch
    /// after batch, to find a few.
    /// </summary>
    private const string NestedLoopsOnly = "-c enable_hashjoin=off -c enable_mergejoin=off";

    /// <summary>The connections of a pipeline of so many shards.</summary>
    public static NpgsqlDataSource OpenPipeline(string connectionString, DatabaseOptions options, int commandTimeoutSeconds, int shards) =>
        Open(
            connectionString,
            new DatabaseOptions { MaxPoolSize = shards + 1, SetRuntimeRole = options.SetRuntimeRole },
            commandTimeoutSeconds,
            NestedLoopsOnly
        );

    public static NpgsqlDataSource Open(string connectionString, DatabaseOptions options, int commandTimeoutSeconds) =>
        Open(connectionString, options, commandTimeoutSeconds, null);

    private static NpgsqlDataSource Open(string connectionString, DatabaseOptions options, int commandTimeoutSeconds, string? planning)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            CommandTimeout = commandTimeoutSeconds,
            CancellationTimeout = Math.Min(2, commandTimeoutSeconds) * 1_000,
            MaxPoolSize = options.MaxPoolSize,
            KeepAlive = 30,
            ApplicationName = "gpugrants",
            IncludeErrorDetail = false,
            // Nobody leaves anything behind in a session that the next would have to be protected from, and a reset is half of a short
            // read's cost.
            NoResetOnClose = true,
        };
        // A service that stops answering must not keep a tree locked for longer than those who wait for it have patience. TCP keeps watch
        // where the host vanished.
        settings.Options = string.Join(
            ' ',
            new[]
            {
                settings.Options,
                planning,
                $"-c idle_in_transaction_session_timeout={commandTimeoutSeconds}s",
                "-c tcp_user_timeout=15000",
                "-c tcp_keepalives_idle=10",
                "-c tcp_keepalives_interval=5",
                "-c tcp_keepalives_count=2",
                "-c default_transaction_isolation=read\\ committed",
                options.SetRuntimeRole ? $"-c role={RuntimeRole}" : null,
            }.Where(option => !string.IsNullOrEmpty(option))
        );
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
