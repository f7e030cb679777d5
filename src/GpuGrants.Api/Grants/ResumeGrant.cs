using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;
using GpuGrants.Independence;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Resumes a suspended grant. It benefits the grant's organization and provider, so somebody independent of both decides.
/// </summary>
public sealed class ResumeGrant : GrantCommand
{
    public required string Reason { get; init; }

    public required Decider Decider { get; init; }

    protected override void Plan(BatchState batch, Grant grant)
    {
        Decider.Plan(batch);
        Suspensions.Plan(batch, grant);
    }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Status != GrantStatus.Suspended)
            return Refusal.Conflict(
                "grant-not-suspended",
                $"The grant is {grant.Status}. Only a suspended grant can be resumed.",
                "status"
            );
        if (tree.Config.SuspendingFreezeOf(grant) is { } freeze)
            return Refusal.Conflict("grant-frozen", $"A freeze of the {freeze.Scope} suspends grants. Lift it first.", "status");
        if (Decider.Refuse(batch, tree.At, Party.Organization(grant.OrganizationId), Party.Provider(grant.ProviderId)) is { } own)
            return own;
        Suspensions.Resume(batch, tree, grant, Actor, Reason);
        Decider.Decided(batch, Tree, grant.Id);
        return null;
    }
}
