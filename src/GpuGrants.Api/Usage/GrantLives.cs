using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Grants;

namespace GpuGrants.Api.Usage;

/// <summary>What every change of a grant's life tells counters and events.</summary>
internal static class GrantLives
{
    /// <summary>Changes the grant, and has what it has left count as it is then.</summary>
    /// <param name="batch">Has read what was added to the grant.</param>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">An open grant.</param>
    /// <param name="change">Changes dates or GPUs of the row.</param>
    /// <returns>The facts; none when nothing that counts has changed.</returns>
    public static IReadOnlyList<QuotaFact> Moved(BatchState batch, TreeChanges tree, Grant grant, Action change)
    {
        var (before, parts) = (grant.Life(), TopUps.PartsOf(batch, grant));
        change();
        return before == grant.Life()
            ? []
            : [.. GrantMoves.Out(tree.At, before, parts, grant.CostOf), .. GrantMoves.In(tree.At, grant.Life(), parts, grant.CostOf)];
    }

    /// <summary>What an event tells of the grant as it is now.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="reason">Why, if somebody said so.</param>
    /// <param name="gpuSeconds">What it gained, or lost where it is negative.</param>
    public static GrantChangedData DataOf(Grant grant, string? reason, long gpuSeconds) =>
        new(grant.Id, grant.OrganizationId, gpuSeconds, grant.Outstanding().Seconds, grant.Gpus, grant.StartsAt, grant.ExpiresAt, reason);
}
