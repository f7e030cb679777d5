using BitFaster.Caching;
using BitFaster.Caching.Lru;
using GpuGrants.Api.Events;

namespace GpuGrants.Api.Feed;

/// <summary>
/// Events that were read lately. Many who follow the same trees read them once. Each tree's events lie in blocks of fixed numbers, and a
/// block grows with its tree.
/// </summary>
internal sealed class SharedEvents(FeedSource source)
{
    /// <summary>How far behind a tree's last event the events are shared. Who is further behind reads for itself, filtered.</summary>
    public const int Reach = 2_560;

    private const int BlockEvents = 256;

    /// <summary>Some 20 MB.</summary>
    private const int MaxBlocks = 64;

    /// <summary>After a restore, events of the lost history are gone from here as soon.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly ICache<(Guid Tree, long Number), Block> _blocks = new ConcurrentLruBuilder<(Guid Tree, long Number), Block>()
        .WithCapacity(MaxBlocks)
        .WithExpireAfterWrite(Kept)
        .Build();

    /// <summary>Events of several trees, each from after one number up to another.</summary>
    /// <param name="windows">The trees with the numbers, which are there.</param>
    /// <param name="types">Only these types; null for all.</param>
    /// <param name="max">The most of each tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Each tree's events in their order.</returns>
    public async Task<List<Event>> ReadAsync(IReadOnlyList<FeedWindow> windows, string[]? types, int max, CancellationToken cancellation)
    {
        var found = new List<Event>();
        foreach (var window in windows)
        {
            var (at, most) = (window.After, found.Count + max);
            while (at < window.UpTo && found.Count < most)
            {
                var number = at / BlockEvents;
                var end = Math.Min(window.UpTo, (number + 1) * BlockEvents);
                foreach (var one in await ReadAsync(window.Tree, number, end).WaitAsync(cancellation))
                    if (one.Sequence > at && one.Sequence <= end && found.Count < most && (types is null || types.Contains(one.Type)))
                        found.Add(one);
                at = end;
            }
        }

        return found;
    }

    /// <summary>Forgets all, because the history is another.</summary>
    public void Forget() => _blocks.Clear();

    private Task<Event[]> ReadAsync(Guid tree, long number, long end)
    {
        var block = _blocks.GetOrAdd((tree, number), static key => new Block(key.Number * BlockEvents));
        lock (block)
        {
            if (block.Events.IsFaulted || block.Events.IsCanceled)
                (block.Events, block.UpTo) = (Task.FromResult<Event[]>([]), number * BlockEvents);
            if (block.UpTo < end)
                (block.Events, block.UpTo) = (MoreAsync(block.Events, new FeedWindow(tree, block.UpTo, end)), end);
            return block.Events;
        }
    }

    /// <summary>For all who wait, so that no single one of them ends it.</summary>
    private async Task<Event[]> MoreAsync(Task<Event[]> before, FeedWindow window) =>
        [.. await before, .. await source.ReadAsync([window], null, null, null, BlockEvents, CancellationToken.None)];

    private sealed class Block(long after)
    {
        /// <summary>What was read of it.</summary>
        public Task<Event[]> Events { get; set; } = Task.FromResult<Event[]>([]);

        /// <summary>The number up to which it was read.</summary>
        public long UpTo { get; set; } = after;
    }
}
