using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Makes the service's data source.</summary>
public static class Database
{
    public const string RuntimeRole = "gpugrants_runtime";

    /// <summary>The key of the pipeline's own data source, so that reads never take a connection that a batch needs.</summary>
    public const string Pipeline = "pipeline";

    /// <summary>
    /// Every statement of the pipeline looks for rows by their keys. Where a table is small, a hash or merge join reads all of it, batch
    /// after batch, to find a few. One plan serves arrays of every length, so PostgreSQL need not plan for the length that it sees.
    /// </summary>
    private const string NestedLoopsOnly = "-c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

    /// <summary>The connections that a pipeline with this number of shards needs.</summary>
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
            // No code leaves state behind in a session, and a reset costs half of a short read.
            NoResetOnClose = true,
        };
        // A service that stops answering must not keep a tree locked for longer than its waiters' timeout. TCP keep-alive detects a lost
        // host.
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
                // PostgreSQL compiles what it takes for dear, and a setting that rules a way out makes every other one dear: 0.3 s for a
                // statement that takes a millisecond.
                "-c jit=off",
                options.SetRuntimeRole ? $"-c role={RuntimeRole}" : null,
            }.Where(option => !string.IsNullOrEmpty(option))
        );
        // The schema makes no types of its own, and reading PostgreSQL's list of types costs a pool's first connection 35 ms.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
    }
}
