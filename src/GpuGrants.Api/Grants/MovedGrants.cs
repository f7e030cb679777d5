using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;
using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Grants;

/// <summary>The grant as which a moved one goes on, and the ledger's part of the move.</summary>
internal static class MovedGrants
{
    /// <summary>The life of the new grant: from now, or from its start, to its end. Reserved GPUs change hands at full seconds.</summary>
    public static GrantLife LifeOf(Grant grant, DateTimeOffset at)
    {
        var life = new GrantLife(grant.StartsAt, grant.ExpiresAt, grant.Gpus);
        if (grant.StartsAt > at)
            return life;
        return life with { From = GrantTimes.StartedAt(life, at, grant.Mode == GrantMode.Reserved).From };
    }

    /// <summary>What goes on: what is left but for what may still be reported, and of reserved GPUs exactly their time.</summary>
    public static GpuTime LeftOf(Grant grant, GrantLife life, GpuTime unreported)
    {
        var left = grant.Outstanding() - unreported;
        if (grant.Mode != GrantMode.Reserved)
            return left;
        var whole = GpuTime.FromSeconds(life.Gpus * Math.Max(0, (long)(life.To - life.From).TotalSeconds));
        return whole < left ? whole : left;
    }

    /// <summary>
    /// What the offer can promise of it. On dated tranches the guard decides, as for a new grant. What the grant's GPUs cannot use until
    /// its end takes from nobody, so it goes along: a grant of full size has some after an outage, and a part of a second at any time.
    /// </summary>
    public static GpuTime FreeOn(TreeChanges tree, Offer offer, Grant grant, GrantLife life, GpuTime left)
    {
        var free = GpuTime.FromSeconds(Math.Max(0, tree.FindAccount(offer.CapacityAccountId)?.Available ?? 0));
        if (tree.BecameDated(offer))
            return GpuTime.Zero;
        if (!offer.IsDated)
            return free;
        var asked = new GpuPromise(Guid.Empty, life.Gpus, life.From, life.To, left, grant.Mode == GrantMode.Reserved).Within();
        return tree.PlanOf(offer).MostFor(asked) is var most && most < asked.Time && most < free ? most : free;
    }

    /// <summary>
    /// Charges the time of reserved GPUs up to now. What is left beyond their time until the end goes back, such as time of outages.
    /// </summary>
    public static void SettleReserved(BatchState batch, TreeChanges tree, Grant grant, GrantLife life, Actor actor)
    {
        if (grant.Mode != GrantMode.Reserved)
            return;
        ReservedTime.Charge(batch, tree, grant, actor, tree.At > grant.StartsAt ? tree.At : grant.StartsAt);
        var (before, outstanding) = (grant.Life(), grant.Outstanding());
        if (GrantReturn.TryMove(tree, grant, actor, LeftOf(grant, life, GpuTime.Zero), out var returned) is { } refusal)
            throw new InvalidOperationException($"What a move leaves over cannot return: {refusal.Code}.");
        if (returned.IsZero)
            return;
        Facts.Record(
            batch,
            batch.RecordEvent(tree.Id, actor, GrantEvents.Shrunk, GrantLives.DataOf(grant, null, -returned.Seconds), grant.Livemode),
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            [.. GrantReturn.Counted(batch, tree, grant, returned, before, outstanding)]
        );
    }

    /// <summary>The row of the new grant. It still lacks its context.</summary>
    public static Grant Continue(Grant grant, Offer offer, Rate rate, GrantLife life, IReadOnlyList<GrantPart> parts, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        return new Grant
        {
            RootProgrammeId = grant.RootProgrammeId,
            Id = id,
            RequestId = grant.RequestId,
            ProgrammeId = grant.ProgrammeId,
            BudgetProgrammeId = grant.BudgetProgrammeId,
            OrganizationId = grant.OrganizationId,
            ProjectId = grant.ProjectId,
            HolderId = grant.HolderId,
            ContinuesGrantId = grant.Id,
            ProviderId = offer.ProviderId,
            OfferId = offer.Id,
            GpuModelId = offer.GpuModelId,
            Region = offer.Region,
            Gpus = grant.Gpus,
            Mode = GrantMode.Of(offer, grant.Mode == GrantMode.Reserved),
            MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour,
            GpuSeconds = parts.Sum(part => part.Time.Seconds),
            AddedGpuSeconds = parts.Skip(1).Sum(part => part.Time.Seconds),
            TimeAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Gpu(offer.GpuModelId), id),
            CreditAccountId = AccountIds.Of(AccountKind.Grant, LedgerUnit.Credit, id),
            SettlementSeconds = offer.SettlementSeconds,
            Status = life.From > at ? GrantStatus.Scheduled : GrantStatus.Active,
            StartsAt = life.From,
            ExpiresAt = life.To,
            CountsAt = grant.CountsAt,
            Livemode = grant.Livemode,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }

    /// <summary>What a lower rate saves returns, in the windows of each part and as far as the rule refunds.</summary>
    public static IEnumerable<QuotaFact> Saved(TreeChanges tree, Grant grant, IReadOnlyList<GrantPart> parts, Rate rate) =>
        parts
            .Select(part => (part.CountsAt, Credits: grant.CostOf(part.Time) - rate.CostOf(part.Time)))
            .Where(one => !one.Credits.IsZero)
            .Select(one => QuotaFact.Returned(tree.At, one.CountsAt, GpuTime.Zero, one.Credits));

    /// <summary>
    /// The chain of a move: GPU time goes back to the old offer and comes from the new one, and credits go from grant to grant. What a
    /// lower rate saves goes back to the budget.
    /// </summary>
    public static List<TransferOrder> Chain(TreeChanges tree, Grant grant, Grant moved, GpuTime left, Actor actor)
    {
        var context = actor.About(grant.RequestId, moved.Id, grant.ProgrammeId);
        var back = actor.About(grant.RequestId, grant.Id, grant.ProgrammeId);
        var (unit, other) = (LedgerUnit.Gpu(grant.GpuModelId), LedgerUnit.Gpu(moved.GpuModelId));
        var chain = new List<TransferOrder>();
        void Add(Account from, Account to, long amount, TransferContext about)
        {
            if (amount > 0)
                chain.Add(TransferOrder.Posted(Guid.CreateVersion7(tree.At), from, to, amount, TransferReasons.Move, about));
        }

        Add(
            tree.AccountOf(AccountKind.Grant, unit, grant.Id),
            tree.AccountOf(AccountKind.Capacity, unit, grant.OfferId),
            left.Seconds,
            back
        );
        Add(
            tree.AccountOf(AccountKind.Capacity, other, moved.OfferId),
            tree.AccountOf(AccountKind.Grant, other, moved.Id, isNew: true),
            left.Seconds,
            context
        );
        var (cost, before) = (moved.CostOf(left).Units, grant.CostOf(left).Units);
        if (before == 0)
            return chain;
        var credits = tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, grant.Id);
        if (cost > 0)
            Add(credits, tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, moved.Id, isNew: true), cost, context);
        Add(credits, tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, grant.BudgetProgrammeId), before - cost, back);
        return chain;
    }
}
