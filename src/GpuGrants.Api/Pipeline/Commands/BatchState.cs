using GpuGrants.Api.Events;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// All that a batch reads and writes, in memory. Commands decide on it in turn, each seeing the effects of those before it.
/// </summary>
public sealed class BatchState(DateTimeOffset clock, ReviewClock reviews)
{
    private readonly Dictionary<TreeId, TreeChanges> _trees = [];
    private readonly Dictionary<Type, PendingRows> _tables = [];
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

    public IEnumerable<PendingRows> Tables => _tables.Values;

    /// <summary>Says that the database changes rows of a type along with what the batch writes, by a trigger.</summary>
    public void AlsoChanges<TRow>() => _changedAlong.Add(typeof(TRow));

    /// <summary>Whether the batch writes rows of one of these types, or changes them along.</summary>
    public bool Writes(IReadOnlyList<Type> rows)
    {
        if (_changedAlong.Overlaps(rows))
            return true;
        foreach (var table in _tables.Values)
            if (table.Written is { } row && rows.Contains(row))
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
    public QuotaCounters FoldedForAnswer { get; } = new();

    /// <summary>
    /// Principals and people of whom this batch has taken or changed something that says what they may do. What they ask for later in the
    /// batch is judged again.
    /// </summary>
    public HashSet<Guid> JudgedAnew { get; } = [];

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

    public PendingRows<TRow> Rows<TRow>()
        where TRow : class, new()
    {
        if (!_tables.TryGetValue(typeof(TRow), out var table))
            _tables[typeof(TRow)] = table = new PendingRows<TRow>(RowMap.Of<TRow>(), JudgedAnew, _touched);
        return (PendingRows<TRow>)table;
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
        || _tables.Values.Any(table => table.HasWants)
        || Trees.Values.Any(tree => tree.WantedAccounts.Count > 0 || tree.WantedSubjects.Count > 0 || tree.WantedPromises.Count > 0);

    /// <summary>Something happened: numbered in its tree, in the order of decisions.</summary>
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

/// <summary>
/// The rows of one table that a batch reads by key and writes: each key is read at most once, all wanted keys of a round in one statement.
/// </summary>
public abstract class PendingRows
{
    public abstract bool HasWants { get; }

    /// <summary>The type of the rows that the batch inserts, changes or deletes; null while it writes none.</summary>
    public virtual Type? Written => null;

    /// <summary>Whether what it writes depends on rows that others write in the same batch.</summary>
    public virtual bool WritesLast => false;

    /// <summary>The statement that reads all wanted keys.</summary>
    public abstract NpgsqlBatchCommand Read();

    /// <summary>Receives the statement's rows; a wanted key without a row is known to be absent from then on.</summary>
    public abstract Task ReceiveAsync(NpgsqlDataReader reader);

    /// <summary>Adds the statements that write. Where there are some, <see cref="Written"/> says of what.</summary>
    public abstract void AddWrites(NpgsqlBatch batch);
}

/// <inheritdoc cref="PendingRows"/>
public sealed class PendingRows<TRow>(RowMap<TRow> map, HashSet<Guid> judgedAnew, List<IPromisesGpus> touched) : PendingRows
    where TRow : class, new()
{
    private readonly Dictionary<RowKey, TRow?> _rows = [];
    private readonly HashSet<RowKey> _wants = [];
    private readonly List<TRow> _inserts = [];
    private readonly HashSet<TRow> _inserted = new(ReferenceEqualityComparer.Instance);
    private readonly List<TRow> _updates = [];
    private readonly List<TRow> _deletes = [];
    private readonly HashSet<TRow> _updated = new(ReferenceEqualityComparer.Instance);

    public override bool HasWants => _wants.Count > 0;

    public override Type? Written => _inserts.Count + _updates.Count + _deletes.Count > 0 ? typeof(TRow) : null;

    /// <summary>The rows that this batch inserts.</summary>
    public IReadOnlyList<TRow> Inserts => _inserts;

    /// <summary>The rows that this batch inserts or changes.</summary>
    public IEnumerable<TRow> Changed => _inserts.Concat(_updates);

    /// <summary>Asks for the row unless its key was read before, including known-missing keys.</summary>
    public void Want(RowKey key)
    {
        if (!_rows.ContainsKey(key))
            _wants.Add(key);
    }

    /// <summary>False when the row was not read yet; it is wanted then.</summary>
    public bool TryRead(RowKey key, out TRow? row)
    {
        if (_rows.TryGetValue(key, out row))
            return true;
        _wants.Add(key);
        return false;
    }

    /// <summary>The row, or null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted this key: the command's plan and its decision disagree.</exception>
    public TRow? Find(RowKey key) =>
        _rows.TryGetValue(key, out var row)
            ? row
            : throw new InvalidOperationException($"A decision looked for {typeof(TRow).Name} {key}, which was not planned.");

    /// <summary>The row if it was read or inserted; null also when nobody asked for it.</summary>
    public TRow? FindKnown(RowKey key) => _rows.GetValueOrDefault(key);

    public void Insert(TRow row)
    {
        _rows[map.KeyOf(row)] = row;
        if (!_inserted.Add(row))
            return;
        _inserts.Add(row);
        if (row is IPromisesGpus promising)
            touched.Add(promising);
    }

    /// <summary>Has the rows inserted in the order of what <paramref name="by"/> gives.</summary>
    public void OrderInserts<TOrder>(Func<TRow, TOrder> by)
        where TOrder : IComparable<TOrder> => _inserts.Sort((one, other) => by(one).CompareTo(by(other)));

    /// <summary>Records that a row which was read has changed.</summary>
    public void Update(TRow row)
    {
        if (!_inserted.Contains(row) && _updated.Add(row))
        {
            _updates.Add(row);
            if (row is IPromisesGpus promising)
                touched.Add(promising);
        }

        if (row is IAuthorizes one)
            judgedAnew.Add(one.HolderId);
    }

    /// <summary>Removes a row that was read.</summary>
    public void Delete(TRow row)
    {
        _rows[map.KeyOf(row)] = null;
        _deletes.Add(row);
        if (row is IAuthorizes one)
            judgedAnew.Add(one.HolderId);
    }

    public override NpgsqlBatchCommand Read() => map.Select([.. _wants]);

    public override async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var key in _wants)
            _rows[key] = null;
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            var row = map.Read(reader);
            _rows[map.KeyOf(row)] = row;
        }
    }

    public override void AddWrites(NpgsqlBatch batch)
    {
        if (_inserts.Count > 0)
            batch.BatchCommands.Add(map.Insert(_inserts));
        if (_deletes.Count > 0)
            batch.BatchCommands.Add(map.Delete(_deletes));
        if (_updates.Count > 0)
            batch.BatchCommands.Add(map.Update(_updates));
    }
}
