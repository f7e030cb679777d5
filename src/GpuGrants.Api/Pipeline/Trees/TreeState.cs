using System.Collections.Concurrent;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Offers;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>
/// What a replica remembers of a tree between two batches. It is valid while two versions are unchanged: the tree's own under the lock,
/// and that of the platform's configuration. Whoever changes the tree changes the first. Whoever folds a rule of the platform writes
/// counters of many trees and changes the second.
/// </summary>
public sealed class TreeState(TreeId id)
{
    public TreeId Id { get; } = id;

    public long Version { get; set; } = -1;

    public long ConfigVersion { get; set; }

    /// <summary>The platform's <c>config_version</c> at which this memory was left: another may count by other rules.</summary>
    public long PlatformConfigVersion { get; set; } = -1;

    public long TransferSequence { get; set; }

    public long EventSequence { get; set; }

    /// <summary>The business time of the batch at work: never before that of an earlier batch of the tree.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>The business time of the tree's last batch, as its row has it; the first moment of all when there was none.</summary>
    public DateTimeOffset LastAt { get; set; }

    /// <summary>Programmes, offers, GPU models and compiled quotas.</summary>
    public TreeConfig Config { get; set; } = TreeConfig.None;

    public Book Book { get; private set; } = new(id.Value);

    /// <summary>Accounts that are known not to exist yet.</summary>
    public HashSet<Guid> AbsentAccounts { get; } = [];

    /// <summary>Subjects whose counters were read, including those that are known to have none.</summary>
    public Dictionary<SubjectId, VersionedSubjectCounters> Subjects { get; } = [];

    /// <summary>What the offers with dated tranches promised, as far as decisions asked for it: by offer, then by what it was promised
    /// to.</summary>
    public Dictionary<Guid, Dictionary<Guid, GpuPromise>> Promises { get; } = [];

    /// <summary>Of each kind of rows that end by themselves: none of the tree is due before this moment. Nobody has looked at the
    /// others.</summary>
    public Dictionary<Type, DateTimeOffset> DueFrom { get; } = [];

    /// <summary>How many accounts the book holds.</summary>
    public int AccountCount { get; set; }

    /// <summary>How many counters the subjects have, at most: those that a write leaves out are not subtracted.</summary>
    public int CounterCount { get; set; }

    /// <summary>Whether the tree's row exists: the first command of a new tree makes it.</summary>
    public bool Exists { get; set; }

    public int CachedRows =>
        AccountCount
        + AbsentAccounts.Count
        + Subjects.Count
        + CounterCount
        + (Promises.Count == 0 ? 0 : Promises.Values.Sum(one => one.Count));

    public void Forget()
    {
        Book = new Book(Id.Value);
        AccountCount = 0;
        AbsentAccounts.Clear();
        DueFrom.Clear();
        Promises.Clear();
        ForgetSubjects();
    }

    public void ForgetSubjects()
    {
        Subjects.Clear();
        CounterCount = 0;
    }
}

/// <summary>
/// What a replica remembers of its trees between batches. When there are too many, it forgets those that no batch has brought back for the
/// longest time.
/// </summary>
public sealed class TreeCache(int trees, int rowsPerTree)
{
    private sealed record Entry(TreeState? State, TreeConfig Config, long Use);

    private readonly ConcurrentDictionary<TreeId, Entry> _entries = [];
    private long _uses;

    /// <summary>How many trees it has something of.</summary>
    public int Count => _entries.Count;

    /// <summary>
    /// Takes the tree's memory out. If nobody brings it back, only the configuration stays, and its versions prove whether it is fresh.
    /// </summary>
    public TreeState CheckOut(TreeId id)
    {
        while (_entries.TryGetValue(id, out var entry) && entry.State is { } state)
            if (_entries.TryUpdate(id, entry with { State = null }, entry))
                return state;
        return Empty(id);
    }

    /// <summary>A tree with nothing in memory but the configuration.</summary>
    public TreeState Empty(TreeId id) => new(id) { Config = ConfigOf(id) };

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
