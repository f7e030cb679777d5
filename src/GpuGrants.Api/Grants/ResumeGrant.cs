using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Independence;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Resumes a suspended grant. It benefits the grant's organization and provider, so somebody independent of both decides.
/// </summary>
public sealed class ResumeGrant : Command<Grant>
{
    public required Guid GrantId { get; init; }

    public required string Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        if (batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            Suspensions.Plan(batch, grant);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        if (grant is null)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(grant.Version))
            return Refusal.Stale(grant.Version);
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
        return grant;
    }
}
