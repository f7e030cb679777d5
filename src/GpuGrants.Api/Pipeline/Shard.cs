using System.Threading.Channels;

namespace GpuGrants.Api.Pipeline;

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
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var submission)) batch.Add(submission);
            await RunAsync(batch);
            batch.Clear();
        }
    }

    /// <summary>Runs the batch as one; when it fails for a reason of its own, its submissions one by one, so that only the bad one fails.</summary>
    private async Task RunAsync(List<Submission> batch)
    {
        _metrics.Batch(batch.Count);
        if (await TryRunAsync(batch) is not { } failure) return;
        if (batch.Count > 1 && failure is not PipelineUnavailableException)
        {
            LogBatchFailed(failure, batch.Count);
            foreach (var submission in batch)
                if (await TryRunAsync([submission]) is { } own) Fail(submission, own);
            return;
        }
        foreach (var submission in batch) Fail(submission, failure);
    }

    private void Fail(Submission submission, Exception failure)
    {
        if (failure is not PipelineUnavailableException) LogCommandFailed(failure, submission.Command.GetType().Name);
        submission.Fail(failure);
    }

    private async Task<Exception?> TryRunAsync(IReadOnlyList<Submission> batch)
    {
        try
        {
            var answers = await _runner.RunAsync([.. batch.Select(submission => submission.Command)]);
            for (var i = 0; i < batch.Count; i++) batch[i].Complete(answers[i]);
            return null;
        }
#pragma warning disable CA1031 // Whatever goes wrong is the answer of these submissions alone; the worker must live on.
        catch (Exception failure)
        {
            return failure;
        }
#pragma warning restore CA1031
    }

    [LoggerMessage(LogLevel.Warning, "A batch of {Count} commands failed and runs again one by one.")]
    private partial void LogBatchFailed(Exception failure, int count);

    [LoggerMessage(LogLevel.Error, "A {Command} command failed.")]
    private partial void LogCommandFailed(Exception failure, string command);
}
