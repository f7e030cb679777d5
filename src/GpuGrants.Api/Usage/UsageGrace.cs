using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Usage;

/// <summary>Time that a programme adds to a grant when more is used than was granted.</summary>
internal static class UsageGrace
{
    /// <summary>Wants what <see cref="LeftOf"/> and <see cref="Add"/> need; nothing where the programme gives no grace.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (UnchargedLadder.PolicyOf(tree, grant).Grace.IsZero)
            return;
        LapsedQuotes.Plan(batch, tree);
        GrantReturn.Plan(batch, tree, grant);
        PinnedContext.PlanVerdict(batch, tree, grant.PinnedBy);
    }

    /// <summary>What may be added now: as much as the programme gives, and budget, offer and quotas have.</summary>
    public static GpuTime LeftOf(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Status != GrantStatus.Active || !tree.Config.Programmes.TryGetValue(grant.ProgrammeId, out var programme))
            return GpuTime.Zero;
        var left = programme.Uncharged.Grace.Seconds - grant.GraceGpuSeconds;
        if (left <= 0 || programme.HasEnded || !programme.Terms.IsActive || programme.Terms.IsFrozen)
            return GpuTime.Zero;
        LapsedQuotes.Close(batch, tree);
        var rate = Rate.FromMillicredits(grant.MillicreditsPerGpuHour);
        var credits = Available(tree, AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId);
        left = Math.Min(left, Available(tree, AccountKind.Capacity, LedgerUnit.Gpu(grant.GpuModelId), grant.OfferId));
        left = Math.Min(left, rate.AffordableWith(Credits.FromUnits(credits)).Seconds);
        var more = new QuotaAsk(GpuTime.FromSeconds(left), rate, grant.Gpus, IsCountedAlready: true, grant.Life());
        return QuotaDecision.MostMore(PinnedContext.RulesOf(batch, tree, grant.PinnedBy), more, new BatchCounters(batch), tree.At);
    }

    /// <summary>Adds time to the grant: offer → grant, budget → grant. Nothing when the time is none.</summary>
    /// <param name="time">At most what <see cref="LeftOf"/> said.</param>
    public static void Add(BatchState batch, TreeChanges tree, Grant grant, GpuTime time)
    {
        if (time.IsZero)
            return;
        tree.Post(Chain(tree, grant, time));
        TopUps.Add(batch, tree, grant, time);
        var outstanding = grant.Outstanding();
        grant.GpuSeconds += time.Seconds;
        grant.GraceGpuSeconds += time.Seconds;
        var data = new GrantToppedUpData(grant.Id, grant.OrganizationId, time.Seconds, grant.GpuSeconds);
        Facts.Record(
            batch,
            batch.RecordEvent(tree.Id, Actor.Service, GrantEvents.ToppedUp, data, grant.Livemode),
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            QuotaFact.ToppedUp(tree.At, time, grant.CostOf(time)).Of(grant.Life(), outstanding)
        );
    }

    private static List<TransferOrder> Chain(TreeChanges tree, Grant grant, GpuTime time)
    {
        var context = Actor.Service.About(grant.RequestId, grant.Id, grant.ProgrammeId);
        TransferOrder Move(AccountKind from, LedgerUnit unit, Guid owner, long amount) =>
            TransferOrder.Posted(
                Guid.CreateVersion7(tree.At),
                tree.AccountOf(from, unit, owner),
                tree.AccountOf(AccountKind.Grant, unit, grant.Id),
                amount,
                TransferReasons.TopUp,
                context
            );

        var chain = new List<TransferOrder> { Move(AccountKind.Capacity, LedgerUnit.Gpu(grant.GpuModelId), grant.OfferId, time.Seconds) };
        if (grant.CostOf(time) is { IsZero: false } credits)
            chain.Add(Move(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId, credits.Units));
        return chain;
    }

    private static long Available(TreeChanges tree, AccountKind kind, LedgerUnit unit, Guid owner) =>
        Math.Max(0, tree.FindAccount(AccountIds.Of(kind, unit, owner))?.Available ?? 0);
}
