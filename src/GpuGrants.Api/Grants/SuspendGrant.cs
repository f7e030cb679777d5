using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>Suspends a grant: nothing of it may be used until it is resumed. Its dates run on, and it keeps its time.</summary>
public sealed class SuspendGrant : Command<Grant>
{
    public required Guid GrantId { get; init; }

    public required string Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
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
        if (grant.Status != GrantStatus.Active || grant.ExpiresAt <= tree.At)
            return Refusal.Conflict("grant-not-active", $"The grant is {StatusAt(grant, tree.At)} already.", "status");
        if (grant.Suspensions >= Suspensions.Max)
            return Refusal.Conflict(
                "too-many-suspensions",
                $"The grant was suspended {Suspensions.Max} times, which is the most. Revoke it instead.",
                "status"
            );
        Suspensions.Begin(batch, tree, grant, Actor, Reason);
        return grant;
    }

    private static string StatusAt(Grant grant, DateTimeOffset at) => grant.IsOpen && grant.ExpiresAt <= at ? "expired" : grant.Status;
}
