using System.Data;
using System.Diagnostics;
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

/// <summary>Carries out batches, each in one transaction, and tries again while PostgreSQL cannot be reached.</summary>
/// <remarks>
/// When the answer to a commit is lost, a row tells whether it happened (<see cref="CommitProof"/>), and nothing is done twice. Only a
/// batch that inserts no such row is decided again: it deletes again what is gone, or counts a wrong code twice.
/// </remarks>
public sealed partial class BatchRunner(
    NpgsqlDataSource database,
    [FromKeyedServices(Database.Pipeline)] NpgsqlDataSource batches,
    TimeProvider clock,
    IOptions<PipelineOptions> options,
    PipelineMetrics metrics,
    PreparedCounters prepared,
    IEnumerable<IRowWatcher> watchers,
    ILogger<BatchRunner> logger
)
{
    private const int MaxRaces = 3;
    private readonly TreeCache _trees = new(options.Value.CachedTrees, options.Value.CachedRowsPerTree);
    private readonly AbandonedBackends _abandoned = new();
    private readonly IRowWatcher[] _watchers = [.. watchers];

    /// <summary>What this replica knows of the time that reviews may take.</summary>
    public ReviewClock Reviews { get; } = new();

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
            _trees.Empty,
            BatchLocks.Of([]),
            clock.GetUtcNow(),
            prepared,
            Reviews,
            isDryRun: true
        );
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await batch.BeginAsync(connection);
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
        var batch = new Batch(submissions, _trees.CheckOut, locks, clock.GetUtcNow(), prepared, Reviews, isDryRun: false);
        await using var connection = await batches.OpenConnectionAsync();
        var processId = connection.ProcessID;
        try
        {
            await _abandoned.EndAsync(connection);
            await batch.BeginAsync(connection);
            if (await lost.FindAsync(connection) is { } given)
            {
                await RollbackAsync(connection);
                // What the lost commit wrote is not known here.
                foreach (var watcher in _watchers)
                    watcher.Written();
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
            foreach (var watcher in _watchers)
                if (batch.State.HasWritten(watcher.Watched))
                    watcher.Written();
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
