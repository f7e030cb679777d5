using System.Collections.Concurrent;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// PostgreSQL's processes of connections that the pipeline has given up. None of PostgreSQL's own timeouts ends one that waits for the rest
/// of a batch, and it keeps its trees locked until TCP notices. So the next batches end it.
/// </summary>
public sealed class AbandonedBackends
{
    // An id may have gone to another process since. One of another program, or one without a transaction, is left alone. One of ours that
    // waits for its client only costs its batch another try. One at work may yet come to wait, with all that it has locked: the next batch
    // looks again.
    private const string EndSql = """
        select case when wait_event = 'ClientRead' then pg_terminate_backend(pid) else false end from pg_stat_activity
        where pid = $1 and application_name = 'gpugrants' and datname = current_database() and state <> 'idle'
        """;

    private readonly ConcurrentQueue<int> _processIds = [];

    /// <summary>Takes note of a connection that broke in the middle of a batch.</summary>
    public void Remember(int processId) => _processIds.Enqueue(processId);

    /// <summary>Ends those that wait for their clients, and keeps in mind those that are at work.</summary>
    public async Task EndAsync(NpgsqlConnection connection)
    {
        for (var left = _processIds.Count; left > 0 && _processIds.TryDequeue(out var processId); left--)
        {
            try
            {
                if (!await IsOverAsync(connection, processId))
                    _processIds.Enqueue(processId);
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

    /// <summary>Whether the process was ended now, or is none of ours any more.</summary>
    private static async Task<bool> IsOverAsync(NpgsqlConnection connection, int processId)
    {
        await using var batch = new NpgsqlBatch(connection);
        // Only the user who logged in may end what that user began; the runtime role may not.
        foreach (var sql in (ReadOnlySpan<string>)["begin", "set local role none", EndSql, "commit"])
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        batch.BatchCommands[2].Parameters.Add(new NpgsqlParameter<int> { TypedValue = processId });
        return await batch.ExecuteScalarAsync() is not false;
    }
}
