using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Reviews;

/// <summary>
/// The review queue in the order of weighted fair share: applicants come first who were granted least in recent weeks, in programmes that
/// the reviewer reviews. All organizations have the same weight, unless the call says otherwise. What was granted and not given back counts
/// half after thirty days. The order approves nothing.
/// </summary>
internal static class FairShareOrder
{
    /// <summary>The oldest requests that are put in order; the others wait for their turn.</summary>
    private const int MaxWaiting = 1_000;

    private const int HalfLives = 12;
    private static readonly TimeSpan HalfLife = TimeSpan.FromDays(30);

    /// <summary>
    /// A page of the queue. The order is computed for each page. If the cursor's request was decided meanwhile, the list starts again.
    /// </summary>
    public static async Task<Page<Request>> PageAsync(
        HttpContext http,
        IQueryable<Grant> granted,
        IQueryable<Request> rows,
        IQueryable<Organization> organizations
    )
    {
        var (limit, weights) = (Paging.Limit(http), QueueWeights.Of(http));
        var waiting = await rows.AsNoTracking()
            .OrderBy(row => row.Id)
            .Take(MaxWaiting)
            .ToDictionaryAsync(row => row.Id, http.RequestAborted);
        var ids = waiting.Values.Select(row => row.OrganizationId).Distinct().ToArray();
        var kinds = await organizations
            .Where(row => ids.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, row => row.Kind, http.RequestAborted);
        var uses = await UsesAsync(http, granted, ids, [.. waiting.Values.Select(row => row.RootProgrammeId).Distinct()]);
        var claims = ids.ToDictionary(id => id, id => new ShareClaim(weights[kinds[id]], uses.GetValueOrDefault(id)));
        var order = FairShare
            .Order(waiting.Values.Select(row => new WaitingRequest(row.Id, row.OrganizationId, row.GpuSeconds, row.CreatedAt)), claims)
            .Select(one => waiting[one.RequestId])
            .ToList();
        var start = Paging.After(http) is { } last ? IndexAfter(order, last.Id) : 0;
        var page = order.Skip(start).Take(limit).ToList();
        return new Page<Request>(page, start + page.Count < order.Count ? Paging.Next(http, new ListPosition(page[^1].Id)) : null);
    }

    private static int IndexAfter(List<Request> order, Guid last) => order.FindIndex(row => row.Id == last) + 1;

    /// <summary>What each organization was granted in these trees, weighted by age.</summary>
    private static async Task<Dictionary<Guid, long>> UsesAsync(
        HttpContext http,
        IQueryable<Grant> granted,
        Guid[] organizations,
        Guid[] roots
    )
    {
        var now = http.Now();
        var since = now - (HalfLife * HalfLives);
        var grants = granted
            .AsNoTracking()
            .Where(row => organizations.Contains(row.OrganizationId) && roots.Contains(row.RootProgrammeId) && row.CreatedAt > since)
            .Select(row => new
            {
                row.OrganizationId,
                Seconds = row.GpuSeconds - row.ReturnedGpuSeconds,
                row.CreatedAt,
            });
        var uses = new Dictionary<Guid, long>();
        await foreach (var grant in grants.AsAsyncEnumerable().WithCancellation(http.RequestAborted))
            uses[grant.OrganizationId] =
                uses.GetValueOrDefault(grant.OrganizationId) + FairShare.Decayed(grant.Seconds, grant.CreatedAt, HalfLife, now);
        return uses;
    }
}
