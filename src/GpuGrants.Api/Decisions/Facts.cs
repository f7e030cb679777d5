using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Decisions;

/// <summary>Counts facts everywhere they count and stores them, so that counters can be recounted.</summary>
internal static class Facts
{
    /// <param name="happened">The event that the facts belong to.</param>
    /// <param name="contextId">The decision whose snapshot pins the context.</param>
    /// <param name="quotas">What counts in the context; null when nothing that counts can change.</param>
    /// <param name="facts">In order.</param>
    public static void Record(BatchState batch, Event happened, Guid contextId, QuotaMatch? quotas, params ReadOnlySpan<QuotaFact> facts)
    {
        var counters = new BatchCounters(batch);
        var rows = batch.Rows<QuotaFactRow>();
        foreach (var row in FactKinds.ToRows([.. facts], happened.RootProgrammeId, happened.Sequence, happened.NextFactOrdinal, contextId))
        {
            rows.Insert(row);
            happened.NextFactOrdinal++;
        }

        if (quotas is null)
            return;
        foreach (var fact in facts)
            counters.Apply(quotas, fact);
    }
}

/// <summary>The counters of all trees of a batch as one: each counter's key says in which tree it lives.</summary>
public sealed class BatchCounters(BatchState batch) : IQuotaCounters
{
    public void Want(CounterKey key)
    {
        LapsedHolds.Plan(batch, key.Tree);
        batch.WantCounter(key);
    }

    /// <summary>What counts now: without holds whose time is over.</summary>
    public QuotaCounter? Find(CounterKey key) =>
        LapsedHolds.Without(batch, key, batch.FoldedForAnswer.Find(key) ?? batch.Tree(key.Tree).Find(key));

    public QuotaCounter GetOrAdd(CounterKey key) => batch.FoldedForAnswer.Find(key) ?? batch.Tree(key.Tree).GetOrAdd(key);

    /// <summary>Counts a fact everywhere it counts.</summary>
    public void Apply(QuotaMatch match, QuotaFact fact) => match.Apply(fact, this, key => batch.Tree(key.Tree).CounterChanged(key));
}

/// <summary>Counters to try something on: what changes is copied first, so that the batch's own counters stay as they are.</summary>
internal sealed class CopiedCounters(IQuotaCounters counters) : IQuotaCounters
{
    private readonly Dictionary<CounterKey, QuotaCounter> _copies = [];

    public QuotaCounter? Find(CounterKey key) => _copies.GetValueOrDefault(key) ?? counters.Find(key);

    public QuotaCounter GetOrAdd(CounterKey key)
    {
        if (!_copies.TryGetValue(key, out var copy))
            _copies[key] = copy = counters.Find(key)?.Copy() ?? new QuotaCounter();
        return copy;
    }
}

/// <summary>The context that was pinned when a request was decided, and what counts in it under today's rules.</summary>
internal static class PinnedContext
{
    /// <summary>Wants the pinning decision and, once it is there, the counters.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Guid contextId)
    {
        if (!batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, contextId), out var decision) || decision is null)
            return;
        var counters = new BatchCounters(batch);
        foreach (var (key, _) in Match(tree, decision).Counted)
            counters.Want(key);
    }

    /// <summary>Wants also the counters that a verdict reads: rules that share one amount look at every programme's.</summary>
    public static void PlanVerdict(BatchState batch, TreeChanges tree, Guid contextId)
    {
        Plan(batch, tree, contextId);
        if (!batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, contextId), out var decision) || decision is null)
            return;
        var counters = new BatchCounters(batch);
        foreach (var key in Match(tree, decision).Keys)
            counters.Want(key);
    }

    public static QuotaMatch Of(BatchState batch, TreeChanges tree, Guid contextId) =>
        Match(
            tree,
            batch.Rows<Decision>().Find(new RowKey(tree.RootProgrammeId, contextId))
                ?? throw new InvalidOperationException($"Decision {contextId}, which pins a context, is missing.")
        );

    /// <summary>The pinned context itself; null while its decision was not read.</summary>
    public static QuotaContext? Find(BatchState batch, TreeChanges tree, Guid contextId) =>
        batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, contextId), out var decision) && decision is not null
            ? Match(tree, decision).Context
            : null;

    private static QuotaMatch Match(TreeChanges tree, Decision decision) =>
        tree.Config.Quotas.Compiled.Match(decision.Context ??= DecisionSnapshot.ContextOf(decision.Snapshot!));
}
