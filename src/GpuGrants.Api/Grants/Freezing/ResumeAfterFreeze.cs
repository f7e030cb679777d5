using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants.Freezing;

/// <summary>Resumes a grant that a freeze suspended, once it was lifted. Under another such freeze the grant stays suspended.</summary>
internal sealed class ResumeAfterFreeze : GrantCommand
{
    protected override void Plan(BatchState batch, Grant grant) => Suspensions.Plan(batch, grant);

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (Suspensions.PresentOf(batch, grant) is not { FreezeId: { } freezeId } suspension || grant.ExpiresAt <= tree.At)
            return Refusal.Conflict("grant-not-suspended", "No freeze suspends the grant.", "status");
        if (tree.Config.SuspendingFreezes.Any(one => one.Id == freezeId))
            return Refusal.Conflict("grant-frozen", "The freeze still holds.");
        if (tree.Config.SuspendingFreezeOf(grant) is { } other)
        {
            suspension.FreezeId = other.Id;
            batch.Rows<GrantSuspension>().Update(suspension);
            tree.MarkChanged();
            return null;
        }

        Suspensions.Resume(batch, tree, grant, Actor, "The freeze was lifted.");
        return null;
    }
}
