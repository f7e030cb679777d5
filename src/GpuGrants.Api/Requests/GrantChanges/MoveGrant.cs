using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Grants;
using GpuGrants.Independence;
using GpuGrants.Offers;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>
/// Moves a grant to another offer, because its provider fails or withdraws. The grant's use ends, and what is left of it goes on as a new
/// grant on that offer, at its rate, which is never higher. What was used stays with the provider that served it. So does what may have
/// been used and was not reported yet, until the grant is settled. What is left then goes on too (<see cref="PassedOn"/>).
/// </summary>
internal sealed class MoveGrant : Command<Grant>
{
    public required Guid GrantId { get; init; }

    public required Guid OfferId { get; init; }

    public required string Reason { get; init; }

    /// <summary>The administrator of the programme.</summary>
    public required Decider Decider { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) || grant is null)
            return;
        GrantRules.Plan(batch, tree, grant);
        Lapses.Plan(batch, tree);
        Decider.Plan(batch);
        if (OfferOf(tree) is not { } offer || PinnedContext.Find(batch, tree, grant.PinnedBy) is not { } context)
            return;
        tree.WantAccount(offer.CapacityAccountId);
        tree.WantPromises(offer);
        var counters = new BatchCounters(batch);
        foreach (var key in tree.Config.Quotas.Compiled.Match(context.ServedBy(context.Gpus, context.Tags, offer)).Keys)
            counters.Want(key);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<Grant>(new RowKey(Tree.Value, GrantId), ExpectedVersion).TryGet(out var grant, out var no))
            return no;
        if (RefuseGrant(batch, tree, grant) is { } unfit)
            return unfit;
        if (OfferOf(tree) is not { } offer || !tree.Config.Programmes[grant.ProgrammeId].Path.Contains(offer.ProgrammeId))
            return Refusal.Invalid("offerId", "The programme has no such offer.") with { MessageKo = "프로그램에 그런 오퍼가 없습니다." };
        if (Decider.Refuse(batch, tree.At, Party.Organization(grant.OrganizationId), Party.Provider(offer.ProviderId)) is { } own)
            return own;
        var request = batch.Rows<Request>().Find(new RowKey(Tree.Value, grant.RequestId))!;
        Lapses.Close(batch, tree);
        var life = MovedGrants.LifeOf(grant, tree.At);
        if (life.From >= life.To)
            return LastSecond;
        var left = MovedGrants.LeftOf(grant, life, Unreported(batch, tree, grant));
        var organization = batch.Rows<Organization>().Find(new RowKey(grant.OrganizationId))!;
        var against = OfferMoves.Against(
            offer,
            new MovedAsk(grant.OfferId, grant.GpuModelId, request.GpuModels, left, life, RateOf(grant))
            {
                Kind = organization.Kind,
                Country = organization.Country,
                IsReserved = grant.Mode == GrantMode.Reserved,
            },
            MovedGrants.FreeOn(tree, offer, grant, life, left),
            tree.At
        );
        if (against.Count > 0)
            return VerdictRefusal.ForGrant([.. against.Select(DecisionReason.Of)]);
        var old = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        var match = tree.Config.Quotas.Compiled.Match(old.Context.ServedBy(old.Context.Gpus, old.Context.Tags, offer));
        var rate = offer.RateAt(tree.At)!.Value;
        if (
            Denials(
                batch,
                tree,
                grant,
                match.Beyond(old),
                new QuotaAsk(left, rate, grant.Gpus, IsCountedAlready: true, life) { IsNoRequest = true }
            ) is
            { Count: > 0 } denials
        )
            return VerdictRefusal.ForGrant(denials);
        var moved = Move(batch, tree, grant, offer, rate, life, old, match);
        Decider.Decided(batch, Tree, grant.Id);
        return moved;
    }

    /// <summary>Reserved GPUs change hands at full seconds, and the grant has none left.</summary>
    private static Refusal LastSecond { get; } =
        Refusal.Conflict("grant-not-active", "The grant ends within a second. Nothing of it can be moved.", "status") with
        {
            MessageKo = "지원이 1초 안에 끝납니다. 옮길 수 있는 것이 없습니다.",
        };

    private static Refusal? RefuseGrant(BatchState batch, TreeChanges tree, Grant grant)
    {
        var isStopped = Suspensions.PresentOf(batch, grant) is { FreezeId: null };
        if (!grant.IsOpen || isStopped || grant.ExpiresAt <= tree.At)
            return grant.RefuseStanding(
                "grant-not-active",
                tree.At,
                isStopped ? "Resume it before you move it." : "Nothing of it can be moved.",
                isStopped ? "재개한 뒤에 옮겨 주십시오." : "옮길 수 있는 것이 없습니다."
            );
        return grant.Outstanding().IsZero
            ? Refusal.Conflict("grant-used-up", "Nothing of the grant is left, so there is nothing to move.", "status") with
            {
                MessageKo = "지원에 남은 시간이 없어 옮길 것이 없습니다.",
            }
            : null;
    }

    /// <summary>
    /// What may have been used until now and was not reported yet. It stays with the grant for as long as others' does. Time of reserved
    /// GPUs is charged and not reported.
    /// </summary>
    private static GpuTime Unreported(BatchState batch, TreeChanges tree, Grant grant) =>
        grant.SettlementSeconds == 0 || grant.Mode == GrantMode.Reserved
            ? GpuTime.Zero
            : Settlement.Reserved(
                UsageCharging.TermsOf(batch, grant, tree.At) with
                {
                    EndsAt = tree.At,
                },
                MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds)
            );

    /// <summary>What the administrator cannot answer: limits that the grant meets anew and that deny.</summary>
    private static IReadOnlyList<DecisionReason> Denials(BatchState batch, TreeChanges tree, Grant grant, QuotaMatch anew, QuotaAsk ask)
    {
        var decision = QuotaDecision.Decide(anew, ask, GrantRules.Without(batch, tree, grant), tree.At);
        return decision.Verdict == QuotaVerdict.Deny ? [.. QuotaReasons.Of(decision, decision.Verdict, GpuTime.Zero)] : [];
    }

    private Grant Move(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        Offer offer,
        Rate rate,
        GrantLife life,
        QuotaMatch old,
        QuotaMatch match
    )
    {
        GrantStart.Due(batch, tree, grant);
        MovedGrants.SettleReserved(batch, tree, grant, life, Actor);
        var (outstanding, stays) = (grant.Outstanding(), Unreported(batch, tree, grant));
        var (kept, parts) = GrantMoves.Divide(TopUps.PartsOf(batch, grant), stays);
        var (left, context, before) = (outstanding - stays, grant.PinnedBy, grant.Life());
        QuotaFact[] leaves =
        [
            // What a lower rate saves goes back to the budget. In quotas it returns, as far as the rule refunds.
            .. MovedGrants.Saved(tree, grant, parts, rate).Select(fact => fact.Of(before, outstanding)),
            .. GrantMoves.TakenAgain(tree.At, grant.CountsAt, grant.GpusGivenBack),
            .. GrantMoves.Out(tree.At, before, parts, rate.CostOf, isWhole: stays.IsZero, beside: stays),
            .. GrantMoves.Out(tree.At, before, kept, grant.CostOf),
        ];
        var moved = MovedGrants.Continue(grant, offer, rate, life, parts, tree.At);
        if (!left.IsZero)
            tree.Post(MovedGrants.Chain(tree, grant, moved, left, Actor));
        var decision = GrantContext.Pin(batch, tree, grant, match.Context, Actor, byPerson: true, Reason);
        moved.PinnedBy = decision.Id;
        batch.Rows<Grant>().Insert(moved);
        batch
            .Rows<GrantMove>()
            .Insert(
                new GrantMove
                {
                    RootProgrammeId = Tree.Value,
                    GrantId = grant.Id,
                    MovedGrantId = moved.Id,
                }
            );
        foreach (var part in parts.Skip(1))
            TopUps.Add(batch, tree, moved, part.Time, part.CountsAt);
        End(batch, tree, grant, left);
        var data = new GrantMovedData(
            grant.Id,
            grant.OrganizationId,
            moved.Id,
            moved.OfferId,
            moved.ProviderId,
            Json.Wire.Rate(moved.MillicreditsPerGpuHour),
            left.Seconds,
            Reason
        );
        var happened = batch.RecordEvent(tree.Id, Actor, GrantEvents.Moved, data, grant.Livemode);
        var remains = GrantMoves.In(tree.At, grant.Life(), kept, grant.CostOf, isWhole: false);
        Facts.Record(batch, happened, context, old, [.. leaves, .. remains]);
        Facts.Record(batch, happened, decision.Id, match, [.. GrantLives.In(tree, moved, parts)]);
        if (grant.Status == GrantStatus.Ended)
            batch.RecordEvent(tree.Id, Actor, GrantEvents.Ended, GrantReturn.DataOf(grant), grant.Livemode);
        // A move leads away from a provider that is frozen, and out of no other freeze.
        if (moved.Status == GrantStatus.Active)
            GrantStart.SuspendFrozen(batch, tree, moved);
        return moved;
    }

    private void End(BatchState batch, TreeChanges tree, Grant grant, GpuTime left)
    {
        Suspensions.End(batch, grant, Actor, null, tree.At);
        TopUps.TakeBack(batch, grant, left);
        grant.ReturnedGpuSeconds += left.Seconds;
        var isSettled = grant.Outstanding().IsZero;
        grant.Status = isSettled ? GrantStatus.Ended : GrantStatus.Ending;
        grant.EndedAs = GrantEnd.Moved;
        grant.EndReason = Reason;
        grant.EndedAt = tree.At;
        grant.SettlesAt = isSettled ? tree.At : tree.At.AddSeconds(grant.SettlementSeconds);
        batch.Change(grant, tree.At);
    }

    private Offer? OfferOf(TreeChanges tree) => tree.Config.Offers.FirstOrDefault(one => one.Id == OfferId);

    private static Rate RateOf(Grant grant) => Rate.FromMillicredits(grant.MillicreditsPerGpuHour);
}
