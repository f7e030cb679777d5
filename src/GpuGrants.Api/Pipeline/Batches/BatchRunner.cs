using System.Collections.Concurrent;
using System.Data;
using System.Diagnostics;
using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>Carries out batches: each in one transaction, tried again while PostgreSQL cannot be reached, and never twice.</summary>
public sealed partial class BatchRunner(
    NpgsqlDataSource database,
    [FromKeyedServices(Database.Pipeline)] NpgsqlDataSource batches,
    TimeProvider clock,
    IOptions<PipelineOptions> options,
    PipelineMetrics metrics,
    PreparedCounters prepared,
    ILogger<BatchRunner> logger
)
{
    private const int MaxRaces = 3;
    private readonly TreeCache _trees = new(options.Value.CachedTrees, options.Value.CachedRowsPerTree);
    private readonly AbandonedBackends _abandoned = new();

    /// <summary>What this replica knows of the times of holds.</summary>
    public HoldClock Holds { get; } = new();

    /// <summary>Carries out the submissions and returns what each came to, in order.</summary>
    /// <exception cref="PipelineUnavailableException">PostgreSQL could not be reached in time.</exception>
    public async Task<IReadOnlyList<Reply>> RunAsync(IReadOnlyList<Submission> submissions)
    {
        using var activity = Telemetry.Source.StartActivity("batch");
        activity?.SetTag("gpugrants.commands", submissions.Count);
        // The time runs from the first failure. A statement may take longer than that to time out, and its batch is still retried once.
        long? failedAt = null;
        var lost = new LostCommit();
        var locks = BatchLocks.Of(submissions);
        for (var (attempt, races) = (1, 0); ; attempt++)
        {
            try
            {
                var (replies, needed) = await TryAsync(submissions, locks, lost);
                if (replies is not null)
                    return replies;
                locks = needed!;
            }
            catch (PostgresException failure) when (IsRace(failure) && races++ < MaxRaces)
            {
                LogRace(races);
            }
            catch (Exception failure) when (Transient.Is(failure))
            {
                if (Stopwatch.GetElapsedTime(failedAt ??= Stopwatch.GetTimestamp()).TotalSeconds >= options.Value.RetrySeconds)
                    throw new PipelineUnavailableException(
                        "database-unavailable",
                        "The database cannot be reached. Send the same call with the same Idempotency-Key again: it "
                            + "settles whether it was carried out.",
                        failure
                    );
                LogRetry(failure, attempt);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1_000, 20 << Math.Min(attempt, 6))));
            }
        }
    }

    /// <summary>Decides one command on a snapshot, writes nothing and locks nothing: what a real one would get now.</summary>
    public async Task<Outcome<TResult>> DryRunAsync<TResult>(Command<TResult> command, CancellationToken cancellation)
    {
        var batch = new Batch(
            [new Submission<TResult>(command)],
            _trees.Snapshot,
            BatchLocks.Of([]),
            clock.GetUtcNow(),
            prepared,
            Holds,
            isDryRun: true
        );
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await batch.LockAsync(connection);
        var replies = await batch.DecideAsync(connection);
        await RollbackAsync(connection);
        // Counters that are still to be made were made for this outcome alone.
        foreach (var tree in command.Trees)
            if (batch.State.Tree(tree).Config is { IsFolded: true } config)
                _trees.Keep(tree, config);
        return ((Reply<TResult>)replies![0]).Outcome;
    }

    /// <summary>The tree's configuration as last read. The caller has to prove by its versions that it is still in force.</summary>
    public TreeConfig ConfigOf(TreeId tree) => _trees.ConfigOf(tree);

    /// <summary>What each came to, or the locks that the batch turned out to need.</summary>
    private async Task<(Reply[]? Replies, BatchLocks? Needed)> TryAsync(
        IReadOnlyList<Submission> submissions,
        BatchLocks locks,
        LostCommit lost
    )
    {
        var batch = new Batch(submissions, _trees.CheckOut, locks, clock.GetUtcNow(), prepared, Holds, isDryRun: false);
        await using var connection = await batches.OpenConnectionAsync();
        var processId = connection.ProcessID;
        try
        {
            await _abandoned.EndAsync(connection);
            await batch.LockAsync(connection);
            if (await lost.FindAsync(connection) is { } given)
            {
                await RollbackAsync(connection);
                return (given, null);
            }

            var replies = await batch.DecideAsync(connection);
            if (replies is null)
            {
                await RollbackAsync(connection);
                return (null, batch.Needed);
            }

            try
            {
                await batch.CommitAsync(connection);
            }
            catch (Exception failure) when (Transient.Is(failure))
            {
                lost.Remember(batch.Proof, replies);
                throw;
            }

            foreach (var tree in batch.State.Trees.Values)
                _trees.CheckIn(tree.State);
            Report(batch.State);
            return (replies, null);
        }
        catch (Exception failure)
        {
            if (connection.State != ConnectionState.Open)
                _abandoned.Remember(processId);
            else if (!Transient.Is(failure))
                await RollbackAsync(connection);
            throw;
        }
    }

    private void Report(BatchState state)
    {
        metrics.Transfers(state.Trees.Values.Sum(tree => tree.Transfers.Count));
        foreach (var decision in state.Rows<Decision>().Inserts)
            metrics.Verdict(decision.Verdict);
        foreach (var observe in state.Observations)
            observe(metrics);
    }

    /// <summary>
    /// The same key was used in another tree at the same moment, or the same tree made: what the other wrote is there now, and the next try
    /// sees it.
    /// </summary>
    private static bool IsRace(PostgresException failure) =>
        failure is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "idempotency_keys_pkey" or "programme_trees_pkey" };

    private static async Task RollbackAsync(NpgsqlConnection connection)
    {
        if (connection.State != ConnectionState.Open)
            return;
        await using var command = new NpgsqlCommand("rollback", connection);
        await command.ExecuteNonQueryAsync();
    }

    [LoggerMessage(LogLevel.Debug, "Two batches wrote the same key or created the same tree at the same moment (attempt {Race}).")]
    private partial void LogRace(int race);

    [LoggerMessage(LogLevel.Warning, "The batch failed (attempt {Attempt}). The service tries it again.")]
    private partial void LogRetry(Exception failure, int attempt);
}

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

/// <summary>
/// A row that a batch inserted: when the answer to its commit was lost, the row's presence tells whether it was committed.
/// </summary>
internal sealed class CommitProof
{
    private readonly string _where;
    private readonly object[] _values;

    private CommitProof(string where, params object[] values)
    {
        _where = where;
        _values = values;
    }

    /// <summary>Chooses a row of those that the batch is about to insert; null when it inserts none that can be looked up.</summary>
    public static CommitProof? Of(BatchState state)
    {
        if (state.Rows<Event>().Inserts is [var happened, ..])
            return new CommitProof(
                "events where root_programme_id = $1 and id = $2 and sequence = $3",
                happened.RootProgrammeId,
                happened.Id,
                happened.Sequence
            );
        if (state.Trees.Values.SelectMany(tree => tree.Transfers).FirstOrDefault() is { } transfer)
            return new CommitProof("transfers where root_programme_id = $1 and id = $2", transfer.RootProgrammeId, transfer.Id);
        return state.Rows<KeptAnswer>().Inserts is [var answer, ..] ? new CommitProof("idempotency_keys where id = $1", answer.Id) : null;
    }

    /// <summary>
    /// Whether the row is there. Ask only while holding the tree's lock: without it, the lost transaction may still be running.
    /// </summary>
    public async Task<bool> ExistsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"select exists (select from {_where})", connection);
        foreach (var value in _values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>
/// Commits of one batch whose replies were lost with their connections: what to look for, and what the callers get if it is there.
/// </summary>
internal sealed class LostCommit
{
    private readonly List<(CommitProof Proof, Reply[] Replies)> _commits = [];

    public void Remember(CommitProof? proof, Reply[] replies)
    {
        if (proof is not null)
            _commits.Add((proof, replies));
    }

    /// <summary>
    /// The replies of the commit that was carried out after all; null when none was. Ask under the locks, before anything is decided again.
    /// </summary>
    public async Task<Reply[]?> FindAsync(NpgsqlConnection connection)
    {
        // Checks all of them. Nobody can lock a tree that does not exist yet, so a lost transaction that creates it may still be running at
        // the first check.
        foreach (var (proof, replies) in _commits)
            if (await proof.ExistsAsync(connection))
                return replies;
        return null;
    }
}
