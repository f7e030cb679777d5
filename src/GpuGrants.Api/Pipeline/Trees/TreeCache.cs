using System.Collections.Concurrent;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>
/// What a replica remembers of its trees between batches. When there are too many, it forgets those that no batch has brought back for the
/// longest time.
/// </summary>
public sealed class TreeCache(int trees, int rowsPerTree)
{
    private sealed record Entry(TreeState? State, TreeConfig Config, long Use);

    private readonly ConcurrentDictionary<TreeId, Entry> _entries = [];
    private long _uses;

    public int Count => _entries.Count;

    /// <summary>
    /// Takes the tree's memory out. If nobody brings it back, only the configuration stays, and its versions prove whether it is fresh.
    /// </summary>
    public TreeState CheckOut(TreeId id)
    {
        while (_entries.TryGetValue(id, out var entry) && entry.State is { } state)
            if (_entries.TryUpdate(id, entry with { State = null }, entry))
                return state;
        return Snapshot(id);
    }

    /// <summary>A tree with nothing in memory but the configuration.</summary>
    public TreeState Snapshot(TreeId id) => new(id) { Config = ConfigOf(id) };

    public TreeConfig ConfigOf(TreeId id) => _entries.GetValueOrDefault(id)?.Config ?? TreeConfig.None;

    public void CheckIn(TreeState state)
    {
        state.Book.ForgetHistory();
        if (state.CachedRows > rowsPerTree)
            state.Forget();
        _entries[state.Id] = new Entry(state, state.Config, Interlocked.Increment(ref _uses));
        Trim();
    }

    /// <summary>Keeps a configuration alone.</summary>
    public void Keep(TreeId id, TreeConfig config)
    {
        _entries.AddOrUpdate(
            id,
            _ => new Entry(null, config, Interlocked.Increment(ref _uses)),
            (_, entry) => entry with { Config = config }
        );
        Trim();
    }

    /// <summary>Removes a quarter at once, so that it happens rarely.</summary>
    private void Trim()
    {
        if (_entries.Count <= trees)
            return;
        foreach (var (id, _) in _entries.ToArray().OrderBy(one => one.Value.Use).Take(1 + (_entries.Count / 4)))
            _entries.TryRemove(id, out _);
    }
}
