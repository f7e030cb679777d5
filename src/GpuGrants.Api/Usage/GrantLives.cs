using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Grants;
using GpuGrants.Units;

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
        var (given, leaves) = (grant.GpusGivenBack, Out(tree, grant, parts));
        change();
        return before == grant.Life()
            ? GrantMoves.GivenBack(tree.At, grant.CountsAt, grant.GpusGivenBack - given)
            : [.. leaves, .. In(tree, grant, parts)];
    }

    /// <summary>All that the grant has left stops counting as it does now.</summary>
    public static IReadOnlyList<QuotaFact> Out(TreeChanges tree, Grant grant, IReadOnlyList<GrantPart> parts) =>
        Out(tree, grant, parts, grant.CostOf);

    /// <summary>The same where the time costs something else.</summary>
    public static IReadOnlyList<QuotaFact> Out(
        TreeChanges tree,
        Grant grant,
        IReadOnlyList<GrantPart> parts,
        Func<GpuTime, Credits> costOf
    ) => [.. GrantMoves.TakenAgain(tree.At, grant.CountsAt, grant.GpusGivenBack), .. GrantMoves.Out(tree.At, grant.Life(), parts, costOf)];

    /// <summary>All that the grant has left counts as it is now.</summary>
    public static IReadOnlyList<QuotaFact> In(TreeChanges tree, Grant grant, IReadOnlyList<GrantPart> parts) =>
        [
            .. GrantMoves.In(tree.At, grant.Life(), parts, grant.CostOf),
            .. GrantMoves.GivenBack(tree.At, grant.CountsAt, grant.GpusGivenBack),
        ];

    /// <summary>What an event tells of the grant as it is now.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="reason">Why, if somebody said so.</param>
    /// <param name="gpuSeconds">What it gained, or lost where it is negative.</param>
    public static GrantChangedData DataOf(Grant grant, string? reason, long gpuSeconds) =>
        new(
            grant.Id,
            grant.OrganizationId,
            gpuSeconds,
            grant.Outstanding().Seconds,
            grant.Gpus,
            UtcMoments.Text(grant.StartsAt),
            UtcMoments.Text(grant.ExpiresAt),
            reason
        );
}
