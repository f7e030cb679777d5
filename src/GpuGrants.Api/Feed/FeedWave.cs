namespace GpuGrants.Api.Feed;

/// <summary>One step of the feed: what a look found new. Each knows the next, which does not exist yet.</summary>
internal sealed class FeedWave
{
    private readonly TaskCompletionSource<FeedWave> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FeedWave(long number, IReadOnlySet<Guid>? organizations) => (Number, Organizations) = (number, organizations);

    public static FeedWave First() => new(0, null);

    /// <summary>Grows by one with each wave. Who finds a gap reads the database.</summary>
    public long Number { get; }

    /// <summary>The organizations of the new events; null when everybody has to look.</summary>
    public IReadOnlySet<Guid>? Organizations { get; }

    public Task<FeedWave> Next => _next.Task;

    /// <summary>Makes the next wave and wakes who waits for it.</summary>
    public FeedWave Follow(IReadOnlySet<Guid>? organizations)
    {
        var next = new FeedWave(Number + 1, organizations);
        _next.SetResult(next);
        return next;
    }
}
