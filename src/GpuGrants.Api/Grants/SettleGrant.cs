using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;
using GpuGrants.Units;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Settles a grant whose use has ended: its provider has reported all, or the settlement period is over. What was reserved returns, or
/// goes on where the grant moved.
/// </summary>
public sealed class SettleGrant : GrantCommand
{
    /// <summary>The provider says that all usage is reported; otherwise the settlement period must be over.</summary>
    public required bool IsFinal { get; init; }

    /// <summary>Who stands in for the provider; null where its operators settle, or the time is over.</summary>
    public StandIn? StandIn { get; init; }

    protected override void Plan(BatchState batch, Grant grant)
    {
        StandIn?.Plan(batch);
        GrantReturn.Plan(batch, batch.Tree(Tree), grant);
        PassedOn.Plan(batch, batch.Tree(Tree), grant);
    }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Status != GrantStatus.Ending)
            return grant.RefuseStanding(
                "grant-not-ending",
                tree.At,
                "Only a grant that is ending can be settled.",
                "종료 중인 지원만 정산할 수 있습니다."
            );
        if (StandIn?.RefuseGrant(batch, grant) is { } own)
            return own;
        if (!IsFinal && tree.At < grant.SettlesAt)
            return Refusal.Conflict("grant-not-ending", "The settlement period is not over yet.", "status");
        PassedOn.Try(batch, tree, grant, Actor);
        var outstanding = grant.Outstanding();
        if (GrantReturn.TryMove(tree, grant, Actor, GpuTime.Zero, out var returned) is { } refusal)
            return refusal;
        grant.Status = GrantStatus.Ended;
        grant.SettlesAt = tree.At;
        batch.Change(grant, tree.At);
        Facts.Record(
            batch,
            batch.RecordEvent(tree.Id, Actor, GrantEvents.Ended, GrantReturn.DataOf(grant), grant.Livemode),
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            [.. GrantReturn.Counted(batch, tree, grant, returned, grant.Life(), outstanding)]
        );
        StandIn?.Decided(batch, Tree, grant.Id);
        return null;
    }
}
