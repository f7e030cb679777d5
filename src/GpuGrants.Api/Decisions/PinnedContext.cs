using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Decisions;

/// <summary>The context that was pinned when a request was decided, and what counts in it under today's rules.</summary>
internal static class PinnedContext
{
    /// <summary>Wants the pinning decision and, once it is there, the counters.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Guid pinnedBy)
    {
        if (!batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, pinnedBy), out var decision) || decision is null)
            return;
        var counters = new BatchCounters(batch);
        foreach (var (key, _) in RulesOf(tree, decision).Counted)
            counters.Want(key);
    }

    /// <summary>Wants also the counters that a verdict reads: rules that share one amount look at every programme's.</summary>
    public static void PlanVerdict(BatchState batch, TreeChanges tree, Guid pinnedBy)
    {
        Plan(batch, tree, pinnedBy);
        if (!batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, pinnedBy), out var decision) || decision is null)
            return;
        var counters = new BatchCounters(batch);
        foreach (var key in RulesOf(tree, decision).Keys)
            counters.Want(key);
    }

    /// <summary>The rules of today that bear on the pinned context.</summary>
    /// <exception cref="InvalidOperationException">The decision is missing.</exception>
    public static QuotaMatch RulesOf(BatchState batch, TreeChanges tree, Guid pinnedBy) =>
        RulesOf(
            tree,
            batch.Rows<Decision>().Find(new RowKey(tree.RootProgrammeId, pinnedBy))
                ?? throw new InvalidOperationException($"Decision {pinnedBy}, which pins a context, is missing.")
        );

    /// <summary>The pinned context itself; null while its decision was not read.</summary>
    public static QuotaContext? Find(BatchState batch, TreeChanges tree, Guid pinnedBy) =>
        batch.Rows<Decision>().TryRead(new RowKey(tree.RootProgrammeId, pinnedBy), out var decision) && decision is not null
            ? RulesOf(tree, decision).Context
            : null;

    private static QuotaMatch RulesOf(TreeChanges tree, Decision decision) =>
        tree.Config.Quotas.Compiled.Match(decision.Context ??= DecisionSnapshot.ContextOf(decision.Snapshot!));
}
