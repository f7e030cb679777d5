using GpuGrants.Api.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace GpuGrants.Api.Hosting;

/// <summary>Whether the database answers.</summary>
internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Twice, for the first connection may have died with a server that is back.
            var tries = 0;
            await Reads.RetryAsync(() => AskAsync(cancellationToken), _ => ++tries < 2, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException failure)
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.", failure);
        }
    }

    private async Task<object?> AskAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select 1");
        return await command.ExecuteScalarAsync(cancellation);
    }
}
