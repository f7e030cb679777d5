using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Usage;

/// <summary>What a grant gives back when it ends, and when it is settled.</summary>
internal static class GrantReturn
{
    /// <summary>Wants the accounts that a return moves, and the counters that count it.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        PinnedContext.Plan(batch, tree, grant.PinnedBy);
        batch.Table<TopUps>().Want(grant);
        tree.WantAccount(grant.TimeAccountId);
        tree.WantAccount(grant.CreditAccountId);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(grant.GpuModelId), grant.OfferId));
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId));
    }

    /// <summary>Moves what is left back to budget and offer, but for what stays reserved.</summary>
    /// <param name="returned">The GPU time that went back, with its credits.</param>
    /// <returns>Null when it moved, else why the ledger refused. Nothing has changed then.</returns>
    public static Refusal? TryMove(TreeChanges tree, Grant grant, Actor actor, GpuTime reserved, out GpuTime returned)
    {
        returned = GpuTime.FromSeconds(grant.GpuSeconds - grant.UsedGpuSeconds - grant.ReturnedGpuSeconds) - reserved;
        if (returned.IsZero)
            return null;
        if (!tree.TryPost(Chain(tree, grant, actor, returned), out var refusal))
            return Refusal.Of(refusal, null);
        grant.ReturnedGpuSeconds += returned.Seconds;
        return null;
    }

    /// <summary>What the counters hear of time that went back: it leaves the windows in which it counted.</summary>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="returned">The time that went back.</param>
    /// <param name="life">The grant's life before.</param>
    /// <param name="outstanding">What it had left before.</param>
    /// <returns>One fact or more; none is about more than the time.</returns>
    public static List<QuotaFact> Counted(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        GpuTime returned,
        GrantLife life,
        GpuTime outstanding
    )
    {
        var parts = TopUps.TakeBack(batch, grant, returned);
        var ofAward = returned - GpuTime.FromSeconds(parts.Sum(part => part.Time.Seconds));
        if (!ofAward.IsZero || parts.Count == 0)
            parts.Add((grant.CountsAt, ofAward));
        var facts = new List<QuotaFact>();
        foreach (var (at, time) in parts)
        {
            facts.Add(QuotaFact.Returned(tree.At, at, time, grant.CostOf(time)).Of(life, outstanding));
            outstanding -= time;
        }

        return facts;
    }

    /// <summary>What an event tells of the grant as it is now.</summary>
    public static GrantEndedData DataOf(Grant grant) =>
        new(grant.Id, grant.OrganizationId, grant.Status, grant.UsedGpuSeconds, grant.ReturnedGpuSeconds);

    private static List<TransferOrder> Chain(TreeChanges tree, Grant grant, Actor actor, GpuTime time)
    {
        var context = actor.About(grant.RequestId, grant.Id, grant.ProgrammeId);
        var unit = LedgerUnit.Gpu(grant.GpuModelId);
        var chain = new List<TransferOrder>
        {
            TransferOrder.Posted(
                Guid.CreateVersion7(tree.At),
                tree.AccountOf(AccountKind.Grant, unit, grant.Id),
                tree.AccountOf(AccountKind.Capacity, unit, grant.OfferId),
                time.Seconds,
                TransferReasons.Return,
                context
            ),
        };
        if (grant.CostOf(time) is { IsZero: false } credits)
            chain.Add(
                TransferOrder.Posted(
                    Guid.CreateVersion7(tree.At),
                    tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, grant.Id),
                    tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId),
                    credits.Units,
                    TransferReasons.Return,
                    context
                )
            );
        return chain;
    }
}
