using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants.Freezing;

/// <summary>Suspends a running grant, as far as a freeze that suspends grants covers it now.</summary>
internal sealed class SuspendUnderFreeze : GrantCommand
{
    protected override void Plan(BatchState batch, Grant grant) => Suspensions.Plan(batch, grant);

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (tree.Config.SuspendingFreezeOf(grant) is not { } freeze)
            return Refusal.Conflict("not-frozen", "The freeze was lifted before.");
        if (!grant.IsActiveAt(tree.At) || grant.Suspensions >= Suspensions.Max)
            return Refusal.Conflict(
                "grant-not-active",
                "Nothing of the grant may be used any more, or it was suspended too often.",
                "status"
            );
        if (GrantStart.Due(batch, tree, grant))
            return null;
        Suspensions.Begin(batch, tree, grant, Actor, $"The {freeze.Scope} is frozen.", freeze.Id);
        return null;
    }
}
