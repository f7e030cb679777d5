using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Makes the service's data source.</summary>
public static class Database
{
    public const string RuntimeRole = "gpugrants_runtime";

    public static NpgsqlDataSource Open(string connectionString, DatabaseOptions options, int commandTimeoutSeconds)
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
        };
        // A service that stops answering must not keep a tree locked for longer than those who wait for it have patience. TCP keeps watch where the host vanished.
        settings.Options = string.Join(' ', new[]
        {
            settings.Options,
            $"-c idle_in_transaction_session_timeout={commandTimeoutSeconds}s",
            "-c tcp_user_timeout=15000",
            "-c tcp_keepalives_idle=10",
            "-c tcp_keepalives_interval=5",
            "-c tcp_keepalives_count=2",
            "-c default_transaction_isolation=read\\ committed",
            options.SetRuntimeRole ? $"-c role={RuntimeRole}" : null,
        }.Where(option => !string.IsNullOrEmpty(option)));
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
