using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Grants;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>The end of a grant's use, whoever ends it.</summary>
internal static class GrantEnding
{
    /// <summary>Wants what <see cref="TryEnd"/> needs.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        GrantReturn.Plan(batch, tree, grant);
        UsageCharging.PlanTerms(batch, grant);
        ReservedTime.Plan(batch, tree, grant);
    }

    /// <summary>
    /// Ends the use of a grant that is open. What cannot have been used goes back to budget and offer at once. The rest stays reserved for
    /// usage that is still to be reported.
    /// </summary>
    /// <returns>Null when it ended, else why the ledger refused. Nothing has changed then.</returns>
    public static Refusal? TryEnd(BatchState batch, TreeChanges tree, Grant grant, Actor actor, string endedAs, string? reason)
    {
        var endedAt = tree.At < grant.ExpiresAt ? tree.At : grant.ExpiresAt;
        ReservedTime.Charge(batch, tree, grant, actor, endedAt);
        var settlesAt = endedAt.AddSeconds(grant.SettlementSeconds);
        var reserved = Settlement.Reserved(
            UsageCharging.TermsOf(batch, grant, tree.At) with
            {
                EndsAt = endedAt,
            },
            MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds)
        );
        var isSettled = reserved.IsZero || settlesAt <= tree.At;
        var (life, outstanding) = (grant.Life(), grant.Outstanding());
        if (GrantReturn.TryMove(tree, grant, actor, isSettled ? GpuTime.Zero : reserved, out var returned) is { } refusal)
            return refusal;
        Suspensions.End(batch, grant, actor, null, endedAt);
        grant.Status = isSettled ? GrantStatus.Ended : GrantStatus.Ending;
        grant.EndedAs = endedAs;
        grant.EndReason = reason;
        grant.EndedAt = endedAt;
        grant.SettlesAt = isSettled ? tree.At : settlesAt;
        batch.Change(grant, tree.At);
        Tell(batch, tree, grant, actor, returned, life, outstanding);
        return null;
    }

    private static void Tell(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        Actor actor,
        GpuTime returned,
        GrantLife life,
        GpuTime outstanding
    )
    {
        var happened = batch.RecordEvent(tree.Id, actor, GrantEvents.Ending(grant.EndedAs!), GrantReturn.DataOf(grant), grant.Livemode);
        Facts.Record(
            batch,
            happened,
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            [
                .. GrantReturn.Counted(batch, tree, grant, returned, life, outstanding),
                .. GrantMoves.TakenAgain(tree.At, grant.CountsAt, grant.GpusGivenBack),
                QuotaFact.GrantEnded(tree.At, grant.CountsAt, life.Gpus).Of(life, grant.Outstanding()),
            ]
        );
        if (grant.Status == GrantStatus.Ended)
            batch.RecordEvent(tree.Id, actor, GrantEvents.Ended, GrantReturn.DataOf(grant), grant.Livemode);
    }
}
