using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants.Freezing;

/// <summary>Resumes a grant that a freeze suspended, once it was lifted. Under another such freeze the grant stays suspended.</summary>
internal sealed class ResumeAfterFreeze : Command<Grant>
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
        if (Suspensions.PresentOf(batch, grant) is not { FreezeId: { } freezeId } suspension || grant.ExpiresAt <= tree.At)
            return Refusal.Conflict("grant-not-suspended", "No freeze suspends the grant.", "status");
        if (tree.Config.SuspendingFreezes.Any(one => one.Id == freezeId))
            return Refusal.Conflict("grant-frozen", "The freeze still holds.");
        if (tree.Config.SuspendingFreezeOf(grant) is { } other)
        {
            suspension.FreezeId = other.Id;
            batch.Rows<GrantSuspension>().Update(suspension);
            tree.MarkChanged();
            return grant;
        }

        Suspensions.Resume(batch, tree, grant, Actor, "The freeze was lifted.");
        return grant;
    }
}
