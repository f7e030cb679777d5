using GpuGrants.Api.Events;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// All that a batch reads and writes, in memory. Commands decide on it in turn, each seeing the effects of those before it.
/// </summary>
public sealed class BatchState(DateTimeOffset clock, HoldClock holds)
{
    private readonly Dictionary<TreeId, TreeChanges> _trees = [];
    private readonly Dictionary<Type, PendingRows> _tables = [];
    private readonly HashSet<(TreeId Tree, Guid Id)> _wantedHolds = [];

    /// <summary>The service's time when the batch began. Each tree has a business time of its own.</summary>
    public DateTimeOffset Clock { get; } = clock;

    /// <summary>What the replica knows of the times of holds.</summary>
    public HoldClock Holds { get; } = holds;

    /// <summary>Whether holds are over that nobody has ended yet.</summary>
    public bool HoldsAreOver { get; set; }

    /// <summary>The trees that the batch has locked so far.</summary>
    public IReadOnlyDictionary<TreeId, TreeChanges> Trees => _trees;

    /// <summary>Trees in which rules of the platform count what commands decide, as far as they are not locked yet.</summary>
    public HashSet<TreeId> WantedCountingTrees { get; } = [];

    public IEnumerable<PendingRows> Tables => _tables.Values;

    /// <summary>Holds that the next round reads.</summary>
    public HashSet<(TreeId Tree, Guid Id)> WantedHolds => _wantedHolds;

    /// <summary>Transfers that the next round reads, with what was corrected of them.</summary>
    public HashSet<(TreeId Tree, Guid Id)> WantedTransfers { get; } = [];

    public HashSet<(TreeId Tree, Guid Id)> KnownHolds { get; } = [];

    public HashSet<(TreeId Tree, Guid Id)> KnownTransfers { get; } = [];

    /// <summary>Signatures that no rule uses any more. Their counters stay in a subject's row until the row is written next.</summary>
    public HashSet<(TreeId Tree, Guid Signature)> DroppedSignatures { get; } = [];

    /// <summary>Counters that a dry run folded for its own answer. They come before those that trees have.</summary>
    public QuotaCounters FoldedForAnswer { get; } = new();

    /// <summary>What operators are shown of this batch, once it is committed.</summary>
    public List<Action<PipelineMetrics>> Observations { get; } = [];

    public TreeChanges Tree(TreeId id) => _trees[id];

    public void Add(TreeState tree)
    {
        _trees.Add(tree.Id, new TreeChanges(tree));
        WantedCountingTrees.Remove(tree.Id);
    }

    /// <summary>Asks for a counter; first for its tree, if that is not locked yet.</summary>
    public void WantCounter(CounterKey key)
    {
        if (_trees.TryGetValue(key.Tree, out var tree))
            tree.WantCounter(key);
        else
            WantedCountingTrees.Add(key.Tree);
    }

    public PendingRows<TRow> Rows<TRow>()
        where TRow : class, new()
    {
        if (!_tables.TryGetValue(typeof(TRow), out var table))
            _tables[typeof(TRow)] = table = new PendingRows<TRow>(RowMap.Of<TRow>());
        return (PendingRows<TRow>)table;
    }

    /// <summary>Whether a rule counts by the signature, as far as the batch knows the configuration.</summary>
    /// <remarks>Counting trees hold signatures of the platform, which every other tree's configuration has.</remarks>
    public bool IsCounted(Guid signatureId) => _trees.Values.Any(one => one.Config.Quotas.Compiled.CountsBy(signatureId));

    /// <summary>What a slice reads in a way of its own, made when it is first asked for.</summary>
    /// <returns>The same for all commands of the batch.</returns>
    public TTable Table<TTable>()
        where TTable : PendingRows, new()
    {
        if (!_tables.TryGetValue(typeof(TTable), out var table))
            _tables[typeof(TTable)] = table = new TTable();
        return (TTable)table;
    }

    public void WantHold(TreeId tree, Guid id)
    {
        if (!KnownHolds.Contains((tree, id)) && !Trees[tree].State.Book.TryGetHold(id, out _))
            _wantedHolds.Add((tree, id));
    }

    public void WantTransfer(TreeId tree, Guid id)
    {
        if (!KnownTransfers.Contains((tree, id)))
            WantedTransfers.Add((tree, id));
    }

    public bool HasWants =>
        _wantedHolds.Count > 0
        || WantedTransfers.Count > 0
        || _tables.Values.Any(table => table.HasWants)
        || Trees.Values.Any(tree => tree.WantedAccounts.Count > 0 || tree.WantedSubjects.Count > 0);

    /// <summary>Something happened: numbered in its tree, in the order of decisions.</summary>
    /// <param name="id">The tree.</param>
    /// <param name="actor">Who did it.</param>
    /// <param name="type">What happened.</param>
    /// <param name="data">To what.</param>
    /// <param name="livemode">Whether the resource is live, where the tree cannot tell: the platform's has both.</param>
    public Event Happened<TData>(TreeId id, Actor actor, EventType<TData> type, TData data, bool? livemode = null)
        where TData : IEventData
    {
        var tree = Trees[id];
        var happened = new Event
        {
            RootProgrammeId = id.Value,
            Sequence = ++tree.State.EventSequence,
            Id = Guid.CreateVersion7(tree.At),
            Type = type.Name,
            TypeVersion = type.Version,
            ResourceType = type.Resource,
            ResourceId = data.ResourceId,
            OrganizationId = data.SeenBy,
            Data = ApiJson.WriteText(data),
            ActorId = actor.PrincipalId,
            ClientId = actor.ClientId,
            OnBehalfOf = actor.OnBehalfOf,
            Livemode = livemode ?? tree.Config.IsLive,
            OccurredAt = tree.At,
        };
        Rows<Event>().Insert(happened);
        tree.MarkChanged();
        return happened;
    }
}
