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
            return grant.RefuseStanding(
                "grant-not-suspended",
                tree.At,
                "Only a suspended grant can be resumed.",
                "중지된 지원만 재개할 수 있습니다."
            );
        if (tree.Config.SuspendingFreezeOf(grant) is { } freeze)
            return Refusal.Conflict("grant-frozen", $"A freeze of the {freeze.Scope} suspends grants. Lift it first.", "status") with
            {
                MessageKo = $"{freeze.Scope}의 동결로 지원이 중지되어 있습니다. 먼저 동결을 해제해 주십시오.",
            };
        if (Decider.Refuse(batch, tree.At, Party.Organization(grant.OrganizationId), Party.Provider(grant.ProviderId)) is { } own)
            return own;
        Suspensions.Resume(batch, tree, grant, Actor, Reason);
        Decider.Decided(batch, Tree, grant.Id);
        return null;
    }
}
