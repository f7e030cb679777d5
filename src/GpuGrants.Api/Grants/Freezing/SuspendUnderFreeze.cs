using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants.Freezing;

/// <summary>Suspends a running grant, as far as a freeze that suspends grants covers it now.</summary>
internal sealed class SuspendUnderFreeze : Command<Grant>
{
    public required Guid GrantId { get; init; }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            Suspensions.Plan(batch, grant);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId)) is not { } grant)
            return Refusal.NotFound;
        if (tree.Config.SuspendingFreezeOf(grant) is not { } freeze)
            return Refusal.Conflict("not-frozen", "The freeze was lifted before.");
        if (grant.Status != GrantStatus.Active || grant.ExpiresAt <= tree.At || grant.Suspensions >= Suspensions.Max)
            return Refusal.Conflict(
                "grant-not-active",
                "Nothing of the grant may be used any more, or it was suspended too often.",
                "status"
            );
        Suspensions.Begin(batch, tree, grant, Actor, $"The {freeze.Scope} is frozen.", freeze.Id);
        return grant;
    }
}
