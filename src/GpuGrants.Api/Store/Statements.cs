using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Runs statements of row maps outside the pipeline.</summary>
internal static class Statements
{
    /// <summary>Runs them in order, in one round trip.</summary>
    /// <returns>How many rows they wrote together.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection,
        CancellationToken cancellation,
        params NpgsqlBatchCommand[] statements
    )
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);
        return await batch.ExecuteNonQueryAsync(cancellation);
    }
}
