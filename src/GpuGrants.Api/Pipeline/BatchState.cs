using GpuGrants.Api.Events;
using GpuGrants.Api.Http;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// All that a batch reads and writes, in memory. Commands decide on it in turn, each seeing the effects of those before it.
/// </summary>
public sealed class BatchState(RowMaps maps, IReadOnlyDictionary<Guid, TreeChanges> trees)
{
    private readonly Dictionary<Type, PendingRows> _tables = [];
    private readonly HashSet<(Guid Root, Guid Id)> _wantedHolds = [];

    public IReadOnlyDictionary<Guid, TreeChanges> Trees { get; } = trees;

    public IEnumerable<PendingRows> Tables => _tables.Values;

    /// <summary>Holds that the next round reads.</summary>
    public HashSet<(Guid Root, Guid Id)> WantedHolds => _wantedHolds;

    /// <summary>Transfers that the next round reads, with what was corrected of them.</summary>
    public HashSet<(Guid Root, Guid Id)> WantedTransfers { get; } = [];

    public HashSet<(Guid Root, Guid Id)> KnownHolds { get; } = [];

    public HashSet<(Guid Root, Guid Id)> KnownTransfers { get; } = [];

    /// <summary>Signatures that nobody counts by any more.</summary>
    public HashSet<(Guid Root, Guid Signature)> DroppedSignatures { get; } = [];

    /// <summary>Signatures that this batch began to count by.</summary>
    public HashSet<(Guid Root, Guid Signature)> KnownSignatures { get; } = [];

    /// <summary>What operators are shown of this batch, once it is committed.</summary>
    public List<Action<PipelineMetrics>> Observations { get; } = [];

    public TreeChanges Tree(Guid root) => Trees[root];

    public PendingRows<TRow> Rows<TRow>()
        where TRow : class, new()
    {
        if (!_tables.TryGetValue(typeof(TRow), out var table))
            _tables[typeof(TRow)] = table = new PendingRows<TRow>(maps.Of<TRow>());
        return (PendingRows<TRow>)table;
    }

    public void WantHold(Guid root, Guid id)
    {
        if (!KnownHolds.Contains((root, id)) && !Trees[root].State.Book.TryGetHold(id, out _))
            _wantedHolds.Add((root, id));
    }

    public void WantTransfer(Guid root, Guid id)
    {
        if (!KnownTransfers.Contains((root, id)))
            WantedTransfers.Add((root, id));
    }

    public bool HasWants =>
        _wantedHolds.Count > 0
        || WantedTransfers.Count > 0
        || _tables.Values.Any(table => table.HasWants)
        || Trees.Values.Any(tree => tree.WantedAccounts.Count > 0 || tree.WantedCounters.Count > 0);

    /// <summary>Something happened: numbered in its tree, in the order of decisions.</summary>
    public Event Happened<TData>(Guid root, Actor actor, EventType<TData> type, TData data, bool livemode = true)
        where TData : IEventData
    {
        var tree = Trees[root];
        var happened = new Event
        {
            RootProgrammeId = root,
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
            Livemode = livemode,
            OccurredAt = tree.At,
        };
        Rows<Event>().Insert(happened);
        tree.MarkChanged();
        return happened;
    }

    /// <summary>The answer stored under the key, when it was used before.</summary>
    internal Answer? Replay(IdempotencyKey key) => Rows<IdempotentAnswer>().Find(new RowKey(key.Id))?.Repeat(key);
}
