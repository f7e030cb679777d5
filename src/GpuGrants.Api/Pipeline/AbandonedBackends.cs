using System.Collections.Concurrent;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// PostgreSQL processes whose connections the pipeline gave up. None of PostgreSQL's timeouts ends a process that waits for the rest of a
/// batch, and it keeps its trees locked. Therefore the next batch ends it.
/// </summary>
internal sealed class AbandonedBackends
{
    // Another process may have the id by now. A process of another program, or a busy one, is left alone. Ending a waiting one of ours only
    // costs its batch another try.
    private const string EndSql =
        "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and application_name = 'gpugrants' and datname = current_database() and wait_event = 'ClientRead'";

    private readonly ConcurrentQueue<int> _processIds = [];

    /// <summary>Takes note of a connection that broke in the middle of a batch.</summary>
    public void Remember(int processId) => _processIds.Enqueue(processId);

    public async Task EndAsync(NpgsqlConnection connection)
    {
        while (_processIds.TryDequeue(out var processId))
        {
            await using var batch = new NpgsqlBatch(connection);
            // Only the user who logged in may end what that user began; the runtime role may not.
            foreach (var sql in (ReadOnlySpan<string>)["begin", "set local role none", EndSql, "commit"])
                batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
            batch.BatchCommands[2].Parameters.Add(new NpgsqlParameter<int> { TypedValue = processId });
            try
            {
                await batch.ExecuteNonQueryAsync();
            }
            catch (PostgresException)
            {
                // Where that is not allowed, TCP has to notice.
                await using var rollback = new NpgsqlCommand("rollback", connection);
                await rollback.ExecuteNonQueryAsync();
            }
            catch
            {
                // This connection broke too. The next batch tries again.
                _processIds.Enqueue(processId);
                throw;
            }
        }
    }
}
