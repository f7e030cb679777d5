using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// Puts an approved change of a grant into effect: more time, a later end, or both for reserved GPUs. The ledger's part comes first.
/// </summary>
internal static class GrantAdditions
{
    /// <summary>Changes the grant and tells of it.</summary>
    /// <param name="batch">Has read the grant and what was added to it.</param>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="request">The request that was approved.</param>
    /// <param name="time">What is added; the time that stays for a later end of pooled hours.</param>
    /// <param name="actor">Who decided.</param>
    /// <returns>What counters hear of it.</returns>
    public static IReadOnlyList<QuotaFact> Apply(BatchState batch, TreeChanges tree, Request request, GpuTime time, Actor actor)
    {
        var grant = batch.Rows<Grant>().Find(new RowKey(tree.RootProgrammeId, request.ChangesGrantId!.Value))!;
        GrantStart.Due(batch, tree, grant);
        List<QuotaFact> facts = request.Change == AskedChange.Extend ? [.. Extend(batch, tree, request, grant)] : [];
        if (request.AddsTime)
            facts.AddRange(Add(batch, tree, request, grant, time));
        batch.Change(grant, tree.At);
        if (request.Change == AskedChange.TopUp)
        {
            var data = new GrantToppedUpData(grant.Id, grant.OrganizationId, time.Seconds, grant.GpuSeconds);
            batch.RecordEvent(tree.Id, actor, GrantEvents.ToppedUp, data, grant.Livemode);
        }
        else
        {
            batch.RecordEvent(
                tree.Id,
                actor,
                GrantEvents.Extended,
                GrantLives.DataOf(grant, null, request.AddsTime ? time.Seconds : 0),
                grant.Livemode
            );
        }

        return facts;
    }

    private static IReadOnlyList<QuotaFact> Add(BatchState batch, TreeChanges tree, Request request, Grant grant, GpuTime time)
    {
        var fact = QuotaFact.ToppedUp(tree.At, request.CountsAt, time, grant.CostOf(time)).Of(grant.Life(), grant.Outstanding());
        TopUps.Add(batch, tree, grant, time, request.CountsAt);
        grant.GpuSeconds += time.Seconds;
        grant.AddedGpuSeconds += time.Seconds;
        return [fact];
    }

    /// <summary>Its people hear again when the new end is near.</summary>
    private static IReadOnlyList<QuotaFact> Extend(BatchState batch, TreeChanges tree, Request request, Grant grant)
    {
        grant.ExpiryWarnedAt = null;
        return GrantLives.Moved(batch, tree, grant, () => grant.ExpiresAt = request.Life().To);
    }
}
