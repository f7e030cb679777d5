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
/// A command's home tree picks the shard. So inside one replica, batches of commands with the same home follow each other without waiting
/// for its lock. Other trees that a command locks, such as counting trees, it shares with other shards.
/// </remarks>
public sealed class DecisionPipeline : IHostedService
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
            _metrics.QueueFull();
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
