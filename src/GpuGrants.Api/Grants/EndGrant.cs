using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Ends the use of a grant: its organization closes it, an administrator revokes it, or it has expired. What cannot have been used goes
/// back to budget and offer at once. The rest stays reserved for usage that is still to be reported.
/// </summary>
public sealed class EndGrant : Command<Grant>
{
    public required Guid GrantId { get; init; }

    /// <summary>One of <see cref="GrantEnd"/>.</summary>
    public required string EndedAs { get; init; }

    public string? Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            GrantReturn.Plan(batch, batch.Tree(Tree), grant);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        if (grant is null)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(grant.Version))
            return Refusal.Stale(grant.Version);
        if (grant.Status != GrantStatus.Active)
            return Refusal.Conflict("grant-not-active", $"The grant is {grant.Status} already.", "status");
        if (EndedAs == GrantEnd.Expired && tree.At < grant.ExpiresAt)
            return Refusal.Conflict("grant-not-expired", "The grant has not expired yet.", "status");
        var endedAt = tree.At < grant.ExpiresAt ? tree.At : grant.ExpiresAt;
        var settlesAt = endedAt.AddSeconds(grant.SettlementSeconds);
        var reserved = Settlement.Reserved(
            UsageCharging.TermsOf(grant, tree.At) with
            {
                EndsAt = endedAt,
            },
            MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds)
        );
        var isSettled = reserved.IsZero || settlesAt <= tree.At;
        var (life, outstanding) = (grant.Life(), grant.Outstanding());
        if (GrantReturn.TryMove(tree, grant, Actor, isSettled ? GpuTime.Zero : reserved, out var returned) is { } refusal)
            return refusal;
        grant.Status = isSettled ? GrantStatus.Ended : GrantStatus.Ending;
        grant.EndedAs = EndedAs;
        grant.EndReason = Reason;
        grant.EndedAt = endedAt;
        grant.SettlesAt = isSettled ? tree.At : settlesAt;
        grant.UpdatedAt = tree.At;
        grant.Version++;
        batch.Rows<Grant>().Update(grant);
        Tell(batch, tree, grant, returned, life, outstanding);
        return grant;
    }

    private void Tell(BatchState batch, TreeChanges tree, Grant grant, GpuTime returned, GrantLife life, GpuTime outstanding)
    {
        var happened = batch.Happened(tree.Id, Actor, GrantEvents.Ending(EndedAs), GrantReturn.DataOf(grant), grant.Livemode);
        Facts.Record(
            batch,
            happened,
            grant.ContextId,
            PinnedContext.Of(batch, tree, grant.ContextId),
            QuotaFact.Returned(tree.At, grant.CountsAt, returned, grant.CostOf(returned)).Of(life, outstanding),
            QuotaFact.GrantEnded(tree.At, grant.CountsAt, grant.Gpus).Of(life, grant.Outstanding())
        );
        if (grant.Status == GrantStatus.Ended)
            batch.Happened(tree.Id, Actor, GrantEvents.Ended, GrantReturn.DataOf(grant), grant.Livemode);
    }
}
