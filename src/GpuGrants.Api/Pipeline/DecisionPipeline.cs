using System.Threading.Channels;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// The one way by which anything that a decision depends on changes: commands wait in bounded queues, one per shard. Each shard's worker
/// carries out all waiting commands in one transaction.
/// </summary>
/// <remarks>
/// A tree always meets the same shard, so inside one replica its batches follow each other without waiting for the tree's lock.
/// </remarks>
public sealed partial class DecisionPipeline : IHostedService
{
    private readonly Shard[] _shards;
    private readonly PipelineMetrics _metrics;

    public DecisionPipeline(
        BatchRunner runner,
        IOptions<PipelineOptions> options,
        PipelineMetrics metrics,
        ILogger<DecisionPipeline> logger
    )
    {
        _metrics = metrics;
        _shards = [.. Enumerable.Range(0, options.Value.Shards).Select(_ => new Shard(runner, options.Value, metrics, logger))];
        metrics.ObserveQueue(() => _shards.Sum(shard => shard.Waiting));
    }

    /// <summary>
    /// Carries out the submission's command. Cancelling stops the waiting only: a command that was accepted is carried out.
    /// </summary>
    /// <exception cref="AuthorityChangedException">The caller has to be judged again.</exception>
    /// <exception cref="PipelineUnavailableException">The queue is full, the service is stopping, or PostgreSQL cannot be
    /// reached.</exception>
    public async Task<Reply<TResult>> ExecuteAsync<TResult>(Submission<TResult> submission, CancellationToken cancellation)
    {
        var started = _metrics.Start();
        if (!ShardOf(submission.Command.Tree).TryEnqueue(submission))
        {
            _metrics.Refused();
            throw new PipelineUnavailableException(
                "queue-full",
                "The queue is full. Try again in a second, with the same Idempotency-Key."
            );
        }
        var reply = await submission.Completion.WaitAsync(cancellation);
        _metrics.Answered(submission.Command.Name, started);
        return reply.AuthorityChanged ? throw new AuthorityChangedException() : reply;
    }

    /// <inheritdoc cref="ExecuteAsync{TResult}(Submission{TResult}, CancellationToken)"/>
    /// <returns>What was decided, without an answer and without an idempotency key.</returns>
    public async Task<Outcome<TResult>> ExecuteAsync<TResult>(Command<TResult> command, CancellationToken cancellation) =>
        (await ExecuteAsync(new Submission<TResult>(command), cancellation)).Outcome;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in _shards)
            shard.Start();
        return Task.CompletedTask;
    }

    /// <summary>Refuses what is new and carries out all that was accepted.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_shards.Select(shard => shard.DrainAsync(cancellationToken)));

    private Shard ShardOf(TreeId tree) => _shards[(tree.GetHashCode() & int.MaxValue) % _shards.Length];
}

/// <summary>A bounded queue and the one worker that empties it.</summary>
internal sealed partial class Shard
{
    private readonly Channel<Submission> _queue;
    private readonly BatchRunner _runner;
    private readonly PipelineOptions _options;
    private readonly PipelineMetrics _metrics;
    private readonly ILogger _logger;
    private Task _worker = Task.CompletedTask;

    public Shard(BatchRunner runner, PipelineOptions options, PipelineMetrics metrics, ILogger logger)
    {
        _runner = runner;
        _options = options;
        _metrics = metrics;
        _logger = logger;
        _queue = Channel.CreateBounded<Submission>(new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true });
    }

    public int Waiting => _queue.Reader.Count;

    public bool TryEnqueue(Submission submission) => _queue.Writer.TryWrite(submission);

    public void Start() => _worker = Task.Run(WorkAsync);

    public async Task DrainAsync(CancellationToken cancellation)
    {
        _queue.Writer.TryComplete();
        await _worker.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WorkAsync()
    {
        var batch = new List<Submission>(_options.MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var submission))
                batch.Add(submission);
            await RunAsync(batch);
            batch.Clear();
        }
    }

    /// <summary>
    /// Runs the batch as one. On an exception it splits the batch in half, repeatedly, until only the failing submission remains. Among n
    /// submissions this takes some 2 log n transactions, not n. When PostgreSQL is away, all fail at once. Waiting in turn would have no
    /// bound.
    /// </summary>
    private async Task<bool> RunAsync(List<Submission> batch)
    {
        _metrics.Batch(batch.Count);
        if (await TryRunAsync(batch) is not { } failure)
            return true;
        var isAway = failure is PipelineUnavailableException;
        if (isAway || batch.Count == 1)
        {
            foreach (var submission in batch)
                Fail(submission, failure);
            return !isAway;
        }

        LogBatchFailed(failure, batch.Count);
        var (first, second) = (batch[..(batch.Count / 2)], batch[(batch.Count / 2)..]);
        if (await RunAsync(first))
            return await RunAsync(second);
        foreach (var submission in second)
            Fail(
                submission,
                new PipelineUnavailableException(
                    "database-unavailable",
                    "The database went away while the call waited. Send it again with the same Idempotency-Key."
                )
            );
        return false;
    }

    private void Fail(Submission submission, Exception failure)
    {
        if (failure is not PipelineUnavailableException)
            LogCommandFailed(failure, submission.Command.Name);
        submission.Fail(failure);
    }

    private async Task<Exception?> TryRunAsync(IReadOnlyList<Submission> batch)
    {
        try
        {
            var replies = await _runner.RunAsync([.. batch]);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Complete(replies[i]);
            return null;
        }
#pragma warning disable CA1031 // Whatever goes wrong is the answer of these submissions alone; the worker must live on.
        catch (Exception failure)
        {
            return failure;
        }
#pragma warning restore CA1031
    }

    [LoggerMessage(LogLevel.Warning, "A batch of {Count} commands failed. The service runs its halves again.")]
    private partial void LogBatchFailed(Exception failure, int count);

    [LoggerMessage(LogLevel.Error, "A {Command} command failed.")]
    private partial void LogCommandFailed(Exception failure, string command);
}
