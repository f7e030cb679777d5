using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;

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
            GrantEnding.Plan(batch, batch.Tree(Tree), grant);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        if (grant is null)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(grant.Version))
            return Refusal.Stale(grant.Version);
        if (!grant.IsOpen)
            return Refusal.Conflict("grant-not-active", $"The grant is {grant.Status} already.", "status");
        if (EndedAs == GrantEnd.Expired && tree.At < grant.ExpiresAt)
            return Refusal.Conflict("grant-not-expired", "The grant has not expired yet.", "status");
        return GrantEnding.TryEnd(batch, tree, grant, Actor, EndedAs, Reason) is { } refusal ? refusal : grant;
    }
}
