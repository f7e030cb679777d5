using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Grants;
using GpuGrants.Units;

namespace GpuGrants.Api.Grants;

/// <summary>
/// What a moved grant has left when it is settled goes on to the grant that continues it, at that grant's rate. It returns like that of
/// other grants where that grant has ended, and as far as its offer or a limit has no room.
/// </summary>
internal static class PassedOn
{
    /// <summary>The most moves that what is left follows. Each costs a read.</summary>
    private const int MaxMoves = 16;

    /// <summary>Wants what <see cref="Try"/> needs. Grants that did not move read nothing.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (Next(batch, tree, grant) is not { } next)
            return;
        LapsedQuotes.Plan(batch, tree);
        GrantReturn.Plan(batch, tree, next);
        if (next.Mode is not null)
            tree.WantPromises(next.OfferId);
        PinnedContext.PlanVerdict(batch, tree, next.PinnedBy);
    }

    /// <summary>Passes on as much as there is room for. What stays returns.</summary>
    public static void Try(BatchState batch, TreeChanges tree, Grant grant, Actor actor)
    {
        if (grant.Outstanding() is not { IsZero: false } left || Next(batch, tree, grant) is not { } next)
            return;
        // What expired quotes pin is free.
        LapsedQuotes.Close(batch, tree);
        var (old, match) = (PinnedContext.RulesOf(batch, tree, grant.PinnedBy), PinnedContext.RulesOf(batch, tree, next.PinnedBy));
        var (all, rate) = (TopUps.PartsOf(batch, grant), Rate.FromMillicredits(next.MillicreditsPerGpuHour));
        var room = RoomOf(tree, next, left);
        room = AllowedOf(batch, tree, next, room, old, match, Leaves(tree, grant, all, rate));
        if (room.IsZero)
            return;
        var (stays, goes) = GrantMoves.Divide(all, left - room);
        var leaves = Leaves(tree, grant, goes, rate, GrantMoves.SumOf(stays));
        QuotaFact[] enters = [.. GrantMoves.In(tree.At, next.Life(), goes, next.CostOf, isWhole: false, beside: next.Outstanding())];
        tree.Post(MovedGrants.Chain(tree, grant, next, room, actor));
        TopUps.TakeBack(batch, grant, room);
        grant.ReturnedGpuSeconds += room.Seconds;
        Add(batch, tree, next, goes, room);
        var data = new GrantToppedUpData(next.Id, next.OrganizationId, room.Seconds, next.GpuSeconds);
        var happened = batch.RecordEvent(tree.Id, actor, GrantEvents.ToppedUp, data, next.Livemode);
        Facts.Record(batch, happened, grant.PinnedBy, old, leaves);
        Facts.Record(batch, happened, next.PinnedBy, match, enters);
    }

    /// <summary>
    /// The open grant as which a moved one goes on by now. That may have moved again. Rows that were not read yet are wanted.
    /// </summary>
    private static Grant? Next(BatchState batch, TreeChanges tree, Grant grant)
    {
        var (last, moves) = (grant, 0);
        while (last.EndedAs == GrantEnd.Moved && moves++ < MaxMoves)
        {
            if (!batch.Rows<GrantMove>().TryRead(KeyOf(last), out var move) || move is null)
                return null;
            if (!batch.Rows<Grant>().TryRead(new RowKey(tree.RootProgrammeId, move.MovedGrantId), out var next) || next is null)
                return null;
            last = next;
        }

        return moves > 0 && last is { IsOpen: true, Mode: null or GrantMode.Pooled } && last.ExpiresAt > tree.At ? last : null;
    }

    /// <summary>
    /// How much more the other offer can promise. Tranches have no hours without dates. On tranches, what the grant's GPUs cannot use until
    /// its end takes from nobody, so it goes along.
    /// </summary>
    private static GpuTime RoomOf(TreeChanges tree, Grant next, GpuTime left)
    {
        var account = AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(next.GpuModelId), next.OfferId);
        var free = GpuTime.FromSeconds(Math.Clamp(tree.FindAccount(account)?.Available ?? 0, 0, left.Seconds));
        var offer = tree.Config.Offers.FirstOrDefault(one => one.Id == next.OfferId);
        if (next.Mode is null)
            return offer is null || !(offer.IsDated || tree.BecameDated(offer)) ? free : GpuTime.Zero;
        return offer is null ? GpuTime.Zero : tree.PlanOf(offer).KeptOf(next.Id, free);
    }

    /// <summary>
    /// How much of it limits have room for, once nothing of the old grant counts any more. Limits on use look at the dates of the grant to
    /// which it goes, also those that have passed: their use may come late. All other limits are asked only where the old grant did not
    /// count.
    /// </summary>
    private static GpuTime AllowedOf(
        BatchState batch,
        TreeChanges tree,
        Grant next,
        GpuTime time,
        QuotaMatch old,
        QuotaMatch match,
        QuotaFact[] leaves
    )
    {
        var counters = new CopiedCounters(new BatchCounters(batch));
        foreach (var fact in leaves)
            old.Apply(fact, counters);
        return Most(match.Beyond(old), AskedPart.Time, Most(match, AskedPart.Dates, time));

        GpuTime Most(QuotaMatch rules, AskedPart part, GpuTime asked)
        {
            var rate = Rate.FromMillicredits(next.MillicreditsPerGpuHour);
            var ask = new QuotaAsk(asked, rate, next.Gpus, IsCountedAlready: true, next.Life()) { IsNoRequest = true, Part = part };
            var decision = QuotaDecision.Decide(rules, ask, counters, tree.At);
            return decision.Verdict != QuotaVerdict.Deny || asked < decision.MaxReviewable ? asked : decision.MaxReviewable;
        }
    }

    /// <summary>What counters hear of parts that leave the old grant. What a lower rate saves returns with them.</summary>
    private static QuotaFact[] Leaves(TreeChanges tree, Grant grant, IReadOnlyList<GrantPart> parts, Rate rate, GpuTime stays = default)
    {
        var outstanding = GrantMoves.SumOf(parts) + stays;
        return
        [
            .. MovedGrants.Saved(tree, grant, parts, rate).Select(fact => fact.Of(grant.Life(), outstanding)),
            .. GrantMoves.Out(tree.At, grant.Life(), parts, rate.CostOf, isWhole: false, beside: stays),
        ];
    }

    private static void Add(BatchState batch, TreeChanges tree, Grant next, IReadOnlyList<GrantPart> parts, GpuTime time)
    {
        foreach (var part in parts.Where(one => !one.Time.IsZero))
            TopUps.Add(batch, tree, next, part.Time, part.CountsAt);
        next.GpuSeconds += time.Seconds;
        next.AddedGpuSeconds += time.Seconds;
        batch.Change(next, tree.At);
    }

    private static RowKey KeyOf(Grant grant) => new(grant.RootProgrammeId, grant.Id);
}
