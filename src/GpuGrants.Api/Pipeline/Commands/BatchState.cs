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
public sealed class BatchState(DateTimeOffset clock, ReviewClock reviews)
{
    private readonly Dictionary<TreeId, TreeChanges> _trees = [];
    private readonly Dictionary<Type, object> _tables = [];
    private readonly List<IBatchReads> _reads = [];
    private readonly List<IBatchWrites> _writes = [];
    private readonly HashSet<Type> _changedAlong = [];

    // Each once; as the rows change later, they are read when they are needed.
    private readonly List<IPromisesGpus> _touched = [];

    /// <summary>The service's time when the batch began. Each tree has a business time of its own.</summary>
    public DateTimeOffset Clock { get; } = clock;

    /// <summary>What the replica knows of the time that reviews may take.</summary>
    public ReviewClock Reviews { get; } = reviews;

    /// <summary>Whether the time of a review is over, in any tree, and nobody has ended it yet.</summary>
    public bool ReviewsAreOver { get; set; }

    /// <summary>The trees that the batch has locked so far.</summary>
    public IReadOnlyDictionary<TreeId, TreeChanges> Trees => _trees;

    /// <summary>Trees in which rules outside programmes count what commands decide, as far as they are not locked yet.</summary>
    public HashSet<TreeId> WantedCountingTrees { get; } = [];

    /// <summary>All that may want something read.</summary>
    public IReadOnlyList<IBatchReads> Reads => _reads;

    /// <summary>All that may have something to write, in the order in which commands first asked for it.</summary>
    public IReadOnlyList<IBatchWrites> Writes => _writes;

    /// <summary>Says that the database changes rows of a type along with what the batch writes, by a trigger.</summary>
    public void AlsoChanges<TRow>() => _changedAlong.Add(typeof(TRow));

    /// <summary>Whether the batch writes rows of one of these types, or changes them along.</summary>
    public bool HasWritten(IReadOnlyList<Type> rows)
    {
        if (_changedAlong.Overlaps(rows))
            return true;
        foreach (var one in _writes)
            if (one.Written is { } row && rows.Contains(row))
                return true;
        return false;
    }

    /// <summary>Holds of the ledger that the next round reads.</summary>
    public HashSet<(TreeId Tree, Guid Id)> WantedHolds { get; } = [];

    /// <summary>Transfers that the next round reads, with what was corrected of them.</summary>
    public HashSet<(TreeId Tree, Guid Id)> WantedTransfers { get; } = [];

    public HashSet<(TreeId Tree, Guid Id)> KnownHolds { get; } = [];

    public HashSet<(TreeId Tree, Guid Id)> KnownTransfers { get; } = [];

    /// <summary>Signatures that no rule uses any more. Their counters stay in a subject's row until the row is written next.</summary>
    public HashSet<(TreeId Tree, Guid Signature)> DroppedSignatures { get; } = [];

    /// <summary>Counters that a dry run folded for its own answer. They come before those that trees have.</summary>
    public CountersInMemory FoldedForAnswer { get; } = new();

    /// <summary>
    /// Principals, people and consents of which this batch has taken or changed something that says what they may do. Whoever acts by them
    /// later in the batch is judged again.
    /// </summary>
    public HashSet<Guid> AuthorityChanged { get; } = [];

    /// <summary>What operators are shown of this batch, once it is committed.</summary>
    public List<Action<PipelineMetrics>> Observations { get; } = [];

    public TreeChanges Tree(TreeId id) => _trees[id];

    public void Add(TreeState tree)
    {
        _trees.Add(tree.Id, new TreeChanges(tree, _touched));
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

    public BatchRows<TRow> Rows<TRow>()
        where TRow : class, new()
    {
        if (_tables.TryGetValue(typeof(TRow), out var table))
            return (BatchRows<TRow>)table;
        var made = new BatchRows<TRow>(RowMap.Of<TRow>(), AuthorityChanged, _touched);
        _tables[typeof(TRow)] = made;
        _reads.Add(made);
        _writes.Add(made);
        return made;
    }

    /// <summary>Has a row written that was read and changed, with its next version and the moment of its change.</summary>
    /// <param name="row">The row. Callers keep copies by its version, and ask for what changed since a moment.</param>
    /// <param name="at">The business time of the tree in which it changes.</param>
    public void Change<TRow>(TRow row, DateTimeOffset at)
        where TRow : class, IVersioned, new()
    {
        row.Version++;
        row.UpdatedAt = at;
        Rows<TRow>().Update(row);
    }

    /// <summary>Whether a rule counts by the signature, as far as the batch knows the configuration.</summary>
    /// <remarks>Counting trees hold signatures of rules outside programmes. The configuration of every tree has these.</remarks>
    public bool HasRuleFor(Guid signatureId) => _trees.Values.Any(one => one.Config.Quotas.Compiled.CountsBy(signatureId));

    /// <summary>What a slice reads in a way of its own, made when it is first asked for.</summary>
    /// <returns>The same for all commands of the batch.</returns>
    public TTable Table<TTable>()
        where TTable : class, IBatchReads, new()
    {
        if (_tables.TryGetValue(typeof(TTable), out var table))
            return (TTable)table;
        var made = new TTable();
        _tables[typeof(TTable)] = made;
        _reads.Add(made);
        return made;
    }

    /// <summary>What a slice writes in a way of its own, made when it is first asked for.</summary>
    /// <returns>The same for all commands of the batch.</returns>
    public TStatement Statement<TStatement>()
        where TStatement : class, IBatchWrites, new()
    {
        if (_tables.TryGetValue(typeof(TStatement), out var statement))
            return (TStatement)statement;
        var made = new TStatement();
        _tables[typeof(TStatement)] = made;
        _writes.Add(made);
        return made;
    }

    public void WantHold(TreeId tree, Guid id)
    {
        if (!KnownHolds.Contains((tree, id)) && !Trees[tree].State.Book.TryGetHold(id, out _))
            WantedHolds.Add((tree, id));
    }

    public void WantTransfer(TreeId tree, Guid id)
    {
        if (!KnownTransfers.Contains((tree, id)))
            WantedTransfers.Add((tree, id));
    }

    public bool HasWants =>
        WantedHolds.Count > 0
        || WantedTransfers.Count > 0
        || _reads.Exists(one => one.HasWants)
        || Trees.Values.Any(tree => tree.WantedAccounts.Count > 0 || tree.WantedSubjects.Count > 0 || tree.WantedPromises.Count > 0);

    /// <summary>Records that something happened. Events are numbered in their tree, in the order of decisions.</summary>
    /// <param name="actor">Who did it.</param>
    /// <param name="type">What happened.</param>
    /// <param name="data">To what.</param>
    /// <param name="livemode">Whether the resource is live, where the tree cannot tell: the platform's has both.</param>
    public Event RecordEvent<TData>(TreeId id, Actor actor, EventType<TData> type, TData data, bool? livemode = null)
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
            Traceparent = actor.Call?.Traceparent,
            RequestName = actor.Call?.RequestName,
            Livemode = livemode ?? tree.Config.IsLive,
            OccurredAt = tree.At,
        };
        Rows<Event>().Insert(happened);
        tree.MarkChanged();
        return happened;
    }
}
