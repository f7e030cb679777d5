using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Usage;

/// <summary>The start of a scheduled grant.</summary>
internal static class GrantStart
{
    /// <summary>
    /// Lets a grant be active whose start has come. Whoever changes a grant calls it first, so that events keep their order. Nothing
    /// happens to a grant that is not scheduled, or whose start lies ahead.
    /// </summary>
    /// <returns>Whether it became active now.</returns>
    public static bool Due(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Status != GrantStatus.Scheduled || grant.StartsAt > tree.At)
            return false;
        Begin(batch, tree, grant, Actor.Service);
        SuspendFrozen(batch, tree, grant);
        return true;
    }

    /// <summary>Lets a scheduled grant be active.</summary>
    public static Event Begin(BatchState batch, TreeChanges tree, Grant grant, Actor actor)
    {
        grant.Status = GrantStatus.Active;
        batch.Change(grant, tree.At);
        var data = new GrantActivatedData(
            grant.Id,
            grant.OrganizationId,
            UtcMoments.Text(grant.StartsAt),
            UtcMoments.Text(grant.ExpiresAt)
        );
        return batch.RecordEvent(tree.Id, actor, GrantEvents.Activated, data, grant.Livemode);
    }

    /// <summary>Under a freeze that suspends grants, a grant is suspended as soon as it is active, and so is one that moves.</summary>
    public static void SuspendFrozen(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (tree.Config.SuspendingFreezeOf(grant) is { } freeze && grant.ExpiresAt > tree.At)
            Suspensions.Begin(batch, tree, grant, Actor.Service, $"The {freeze.Scope} is frozen.", freeze.Id);
    }
}
