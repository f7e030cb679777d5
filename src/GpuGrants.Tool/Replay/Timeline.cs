namespace GpuGrants.Tool.Replay;

/// <summary>
/// Does what is due, in order of time and many at once. Work may add more work. So that "at once" stays near the trace, nothing starts that
/// is due
/// more than <see cref="Span"/> after what still runs.
/// </summary>
/// <param name="concurrency">The most that runs at once.</param>
/// <param name="reach">Called with the time of each piece of work before it starts.</param>
public sealed class Timeline(int concurrency, Action<DateTimeOffset> reach)
{
    public static readonly TimeSpan Span = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<Func<Task>, (DateTimeOffset Due, long Order)> _waiting = new();
    private readonly SortedSet<(DateTimeOffset Due, long Order)> _running = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private long _order;

    /// <summary>The most that ran at once.</summary>
    public int Peak { get; private set; }

    public void Add(DateTimeOffset due, Func<Task> work)
    {
        lock (_gate)
            _waiting.Enqueue(work, (due, ++_order));
    }

    /// <summary>Ends when all is done. The first failure stops it: what runs comes to its end, and nothing else starts.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_failure is null && !cancellation.IsCancellationRequested)
                    StartDue();
                if (_running.Count == 0)
                    break;
                changed = _changed.Task;
            }

            await changed;
        }

        cancellation.ThrowIfCancellationRequested();
        if (_failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
    }

    private void StartDue()
    {
        while (
            _running.Count < concurrency
            && _waiting.TryPeek(out var work, out var key)
            && (_running.Count == 0 || key.Due - _running.Min.Due <= Span)
        )
        {
            _waiting.Dequeue();
            _running.Add(key);
            Peak = Math.Max(Peak, _running.Count);
            reach(key.Due);
            _ = Task.Run(() => DoAsync(work, key));
        }
    }

    private async Task DoAsync(Func<Task> work, (DateTimeOffset Due, long Order) key)
    {
        Exception? failure = null;
        try
        {
            await work();
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        TaskCompletionSource changed;
        lock (_gate)
        {
            _failure ??= failure;
            _running.Remove(key);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
