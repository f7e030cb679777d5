using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Reads for many callers at once. A caller who comes while few statements are under way is served at once. Those who come meanwhile share
/// the next statement, as in the pipeline's batches: what a statement costs at least is paid once for all of them.
/// </summary>
/// <param name="read">Reads what all of them need. It has to be one statement, so that all see one moment.</param>
/// <param name="options">Its bounds.</param>
/// <param name="clock">Tells how long a statement has been under way.</param>
public sealed class SharedReads<TQuestion, TAnswer>(
    Func<IReadOnlyList<TQuestion>, Task<TAnswer>> read,
    SharedReadsOptions options,
    TimeProvider clock
)
{
    private readonly Lock _guard = new();
    private readonly Queue<Waiter> _waiting = [];
    private int _running;
    private long _lastBegan;
    private bool _isWatched;

    /// <summary>What one statement brought for this question and those that shared it.</summary>
    /// <returns>The same object for all who shared the statement.</returns>
    /// <exception cref="PipelineUnavailableException">Too many wait.</exception>
    /// <exception cref="OperationCanceledException">The caller went away. The others are served all the same.</exception>
    public Task<TAnswer> ReadAsync(TQuestion question, CancellationToken cancellation)
    {
        var waiter = new Waiter(question, new(TaskCreationOptions.RunContinuationsAsynchronously), cancellation);
        lock (_guard)
        {
            if (_waiting.Count >= options.Waiting)
                throw new PipelineUnavailableException("queue-full", options.Refusal);
            _waiting.Enqueue(waiter);
            if (!HasPlace())
            {
                Watch();
                return waiter.Answer.Task.WaitAsync(cancellation);
            }

            _running++;
        }

        _ = RunAsync();
        return waiter.Answer.Task.WaitAsync(cancellation);
    }

    /// <summary>A statement that takes long, as on a frozen connection, holds nobody up: others begin beside it.</summary>
    private bool HasPlace() =>
        _running < options.Statements || (_running < options.StatementsAtMost && clock.GetElapsedTime(_lastBegan) >= options.Patience);

    /// <summary>Looks again for those who wait, as long as somebody waits, for nobody else may come.</summary>
    private void Watch()
    {
        if (_isWatched)
            return;
        _isWatched = true;
        _ = WatchAsync();
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(options.Patience, clock);
            lock (_guard)
            {
                if (_waiting.Count == 0)
                {
                    _isWatched = false;
                    return;
                }

                if (!HasPlace())
                    continue;
                _running++;
            }

            _ = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } waiters)
        {
            try
            {
                var answer = await read([.. waiters.Select(one => one.Question)]);
                foreach (var waiter in waiters)
                    waiter.Answer.SetResult(answer);
            }
            catch (Exception failure)
            {
                // Each caller meets it as if the statement had been its own.
                foreach (var waiter in waiters)
                    waiter.Answer.SetException(failure);
            }
        }
    }

    private List<Waiter> Take()
    {
        lock (_guard)
        {
            var taken = new List<Waiter>(Math.Min(options.Together, _waiting.Count));
            while (taken.Count < options.Together && _waiting.TryDequeue(out var waiter))
                if (!waiter.Cancellation.IsCancellationRequested)
                    taken.Add(waiter);
            if (taken.Count == 0)
                _running--;
            else
                _lastBegan = clock.GetTimestamp();
            return taken;
        }
    }

    private readonly record struct Waiter(TQuestion Question, TaskCompletionSource<TAnswer> Answer, CancellationToken Cancellation);
}

/// <summary>The bounds of <see cref="SharedReads{TQuestion,TAnswer}"/>.</summary>
public sealed record SharedReadsOptions
{
    /// <summary>How many statements are under way at one time. Few and full ones cost least.</summary>
    public int Statements { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How many there are while some take long.</summary>
    public int StatementsAtMost { get; init; } = Math.Max(4, Environment.ProcessorCount);

    /// <summary>Since when the last statement has to be under way to take long.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many callers share a statement at most.</summary>
    public int Together { get; init; } = 64;

    /// <summary>How many may wait.</summary>
    public int Waiting { get; init; } = 4_096;

    /// <summary>What the others are told.</summary>
    public required string Refusal { get; init; }
}
