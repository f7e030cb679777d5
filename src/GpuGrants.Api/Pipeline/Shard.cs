using System.Diagnostics;
using System.Threading.Channels;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Pipeline;

/// <summary>A bounded queue and the one worker that empties it.</summary>
internal sealed partial class Shard
{
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(5);

    private readonly Channel<Submission> _queue;
    private readonly BatchRunner _runner;
    private readonly PipelineOptions _options;
    private readonly PipelineMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Gathering _gathering;
    private Task _worker = Task.CompletedTask;

    public Shard(BatchRunner runner, PipelineOptions options, PipelineMetrics metrics, ILogger logger)
    {
        _runner = runner;
        _options = options;
        _metrics = metrics;
        _logger = logger;
        _queue = Channel.CreateBounded<Submission>(new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true });
        _gathering = new Gathering(() => Waiting, LongestGathering);
    }

    public int Waiting => _queue.Reader.Count;

    public bool TryEnqueue(Submission submission)
    {
        if (!_queue.Writer.TryWrite(submission))
            return false;
        _gathering.Came();
        return true;
    }

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
            await _gathering.WaitAsync();
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var submission))
                batch.Add(submission);
            var began = Stopwatch.GetTimestamp();
            await RunAsync(batch);
            _gathering.Expect(Math.Min(batch.Count + Waiting, _options.MaxBatch), Stopwatch.GetElapsedTime(began));
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
        if (Collision.Is(failure))
            LogCollision(failure, submission.Command.Name);
        else if (failure is not PipelineUnavailableException)
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

    [LoggerMessage(LogLevel.Debug, "A {Command} command made what another made at the same moment.")]
    private partial void LogCollision(Exception failure, string command);

    [LoggerMessage(LogLevel.Error, "A {Command} command failed.")]
    private partial void LogCommandFailed(Exception failure, string command);
}
