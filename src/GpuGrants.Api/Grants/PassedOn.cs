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
/// other grants where that grant has ended, its offer has no room, or a limit has none.
/// </summary>
internal static class PassedOn
{
    /// <summary>Wants what <see cref="Try"/> needs. Grants that did not move read nothing.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.EndedAs != GrantEnd.Moved || !batch.Rows<GrantMove>().TryRead(KeyOf(grant), out var move) || move is null)
            return;
        if (!batch.Rows<Grant>().TryRead(new RowKey(tree.RootProgrammeId, move.MovedGrantId), out var next) || next is null)
            return;
        GrantReturn.Plan(batch, tree, next);
        if (next.Mode is not null)
            tree.WantPromises(next.OfferId);
        PinnedContext.PlanVerdict(batch, tree, next.ContextId);
    }

    /// <summary>Passes all that is left on.</summary>
    /// <returns>Whether it did. Nothing has changed otherwise.</returns>
    public static bool Try(BatchState batch, TreeChanges tree, Grant grant, Actor actor)
    {
        if (grant.Outstanding() is not { IsZero: false } left || Next(batch, tree, grant) is not { } next)
            return false;
        var free = tree.FindAccount(AccountIds.Of(AccountKind.Capacity, LedgerUnit.Gpu(next.GpuModelId), next.OfferId))?.Available ?? 0;
        var (old, match) = (PinnedContext.Of(batch, tree, grant.ContextId), PinnedContext.Of(batch, tree, next.ContextId));
        if (left.Seconds > free || !FitsInTime(tree, next, left) || IsDenied(batch, tree, next, left, old, match))
            return false;
        var rate = Rate.FromMillicredits(next.MillicreditsPerGpuHour);
        var parts = TopUps.PartsOf(batch, grant);
        QuotaFact[] leaves =
        [
            .. MovedGrants.Saved(tree, grant, parts, rate).Select(fact => fact.Of(grant.Life(), left)),
            .. GrantMoves.Out(tree.At, grant.Life(), parts, rate.CostOf, isWhole: false),
        ];
        QuotaFact[] enters = [.. GrantMoves.In(tree.At, next.Life(), parts, next.CostOf, isWhole: false, beside: next.Outstanding())];
        tree.Post(MovedGrants.Chain(tree, grant, next, left, actor));
        TopUps.TakeBack(batch, grant, left);
        grant.ReturnedGpuSeconds += left.Seconds;
        Add(batch, tree, next, parts, left);
        var data = new GrantToppedUpData(next.Id, next.OrganizationId, left.Seconds, next.GpuSeconds);
        var happened = batch.Happened(tree.Id, actor, GrantEvents.ToppedUp, data, next.Livemode);
        Facts.Record(batch, happened, grant.ContextId, old, leaves);
        Facts.Record(batch, happened, next.ContextId, match, enters);
        return true;
    }

    private static Grant? Next(BatchState batch, TreeChanges tree, Grant grant) =>
        grant.EndedAs == GrantEnd.Moved
        && batch.Rows<GrantMove>().Find(KeyOf(grant)) is { } move
        && batch.Rows<Grant>().Find(new RowKey(tree.RootProgrammeId, move.MovedGrantId))
            is { IsOpen: true, Mode: null or GrantMode.Pooled } next
        && next.ExpiresAt > tree.At
            ? next
            : null;

    /// <summary>Whether the other offer can promise so much more within the grant's dates. Tranches have no hours without dates.</summary>
    private static bool FitsInTime(TreeChanges tree, Grant next, GpuTime left)
    {
        var offer = tree.Config.Offers.FirstOrDefault(one => one.Id == next.OfferId);
        if (next.ToPromise() is not { } promise)
            return offer is null || !(offer.IsDated || tree.BecameDated(offer));
        var more = promise with { Id = Guid.Empty, Time = left, Joins = next.Id };
        return offer is not null && tree.PlanOf(offer).MostFor(more) == left;
    }

    /// <summary>
    /// Limits on use look at the dates of the grant to which it goes, also those that have passed: their use may come late. All other
    /// limits are asked only where the old grant did not count.
    /// </summary>
    private static bool IsDenied(BatchState batch, TreeChanges tree, Grant next, GpuTime left, QuotaMatch old, QuotaMatch match)
    {
        var ask = new QuotaAsk(left, Rate.FromMillicredits(next.MillicreditsPerGpuHour), next.Gpus, IsCounted: true, next.Life())
        {
            IsNoRequest = true,
        };
        var counters = new BatchCounters(batch);
        return Denies(match, AskedPart.Dates) || Denies(match.Beyond(old), AskedPart.Time);

        bool Denies(QuotaMatch rules, AskedPart part) =>
            QuotaDecision.Decide(rules, ask with { Part = part }, counters, tree.At).Verdict == QuotaVerdict.Deny;
    }

    private static void Add(BatchState batch, TreeChanges tree, Grant next, IReadOnlyList<GrantPart> parts, GpuTime left)
    {
        foreach (var part in parts.Where(one => !one.Time.IsZero))
            TopUps.Add(batch, tree, next, part.Time, part.CountsAt);
        next.GpuSeconds += left.Seconds;
        next.AddedGpuSeconds += left.Seconds;
        next.UpdatedAt = tree.At;
        next.Version++;
        batch.Rows<Grant>().Update(next);
    }

    private static RowKey KeyOf(Grant grant) => new(grant.RootProgrammeId, grant.Id);
}
