using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>Tells when so much of a grant is used that its people should know.</summary>
internal static class UsageWarnings
{
    /// <summary>Writes an event when use has just reached a share of the grant.</summary>
    /// <param name="grant">As it is after the use.</param>
    /// <param name="actor">Who reported.</param>
    /// <param name="before">What was used before.</param>
    public static void Tell(BatchState batch, Grant grant, Actor actor, GpuTime before)
    {
        var (used, granted) = (GpuTime.FromSeconds(grant.UsedGpuSeconds), GpuTime.FromSeconds(grant.GpuSeconds));
        if (!grant.IsOpen || UsageWarning.Reached(before, used, granted) is not { } percent)
            return;
        batch.RecordEvent(
            TreeId.Of(grant.RootProgrammeId),
            actor,
            GrantEvents.UsageReached,
            new UsageReachedData(grant.Id, grant.OrganizationId, percent, grant.UsedGpuSeconds, grant.GpuSeconds),
            grant.Livemode
        );
    }
}
