using System.Collections.Concurrent;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// What a replica remembers of its trees between batches; those that were longest not used are forgotten when there are too many.
/// </summary>
public sealed class TreeCache(int trees, int rowsPerTree)
{
    private sealed record Entry(TreeState? State, TreeConfig Config, long Use);

    private readonly ConcurrentDictionary<Guid, Entry> _entries = [];
    private long _uses;

    public int Count => _entries.Count;

    /// <summary>
    /// Takes the tree's memory out: whoever fails to bring it back leaves nothing wrong behind, only the configuration, which its versions
    /// prove fresh.
    /// </summary>
    public TreeState CheckOut(Guid root)
    {
        while (_entries.TryGetValue(root, out var entry) && entry.State is { } state)
            if (_entries.TryUpdate(root, entry with { State = null }, entry))
                return state;
        return Snapshot(root);
    }

    /// <summary>A tree with nothing in memory but the configuration.</summary>
    public TreeState Snapshot(Guid root) => new(root) { Config = ConfigOf(root) };

    public TreeConfig ConfigOf(Guid root) => _entries.GetValueOrDefault(root)?.Config ?? TreeConfig.None;

    public void CheckIn(TreeState state)
    {
        state.Book.ForgetHistory();
        if (state.CachedRows > rowsPerTree)
            state.Forget();
        _entries[state.RootProgrammeId] = new Entry(state, state.Config, Interlocked.Increment(ref _uses));
        Trim();
    }

    /// <summary>Keeps a configuration alone.</summary>
    public void Keep(Guid root, TreeConfig config)
    {
        _entries.AddOrUpdate(
            root,
            _ => new Entry(null, config, Interlocked.Increment(ref _uses)),
            (_, entry) => entry with { Config = config }
        );
        Trim();
    }

    /// <summary>A quarter at once, so that it is seldom done.</summary>
    private void Trim()
    {
        if (_entries.Count <= trees)
            return;
        foreach (var (root, _) in _entries.ToArray().OrderBy(one => one.Value.Use).Take(1 + (_entries.Count / 4)))
            _entries.TryRemove(root, out _);
    }
}
