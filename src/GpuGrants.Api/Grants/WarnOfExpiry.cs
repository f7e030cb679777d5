using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>Tells once that a grant expires soon, when some of it is left.</summary>
public sealed class WarnOfExpiry : GrantCommand
{
    protected override void Plan(BatchState batch, Grant grant) { }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (
            grant.Status != GrantStatus.Active
            || grant.ExpiryWarnedAt is not null
            || tree.At < UsageWarning.NoticeAt(grant.StartsAt, grant.ExpiresAt)
        )
            return Refusal.Conflict("grant-not-expired", "No warning of the grant's expiry is due.", "status");
        grant.ExpiryWarnedAt = tree.At;
        // What a reader sees of the grant stays as it is, so its version does too.
        batch.Rows<Grant>().Update(grant);
        if (!grant.Outstanding().IsZero)
            batch.RecordEvent(
                tree.Id,
                Actor,
                GrantEvents.Expiring,
                new GrantExpiringData(grant.Id, grant.OrganizationId, grant.Outstanding().Seconds),
                grant.Livemode
            );
        return null;
    }
}
