using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Lists;

/// <summary>Names for ids, so that people who read a list need no second call.</summary>
internal static class Names
{
    /// <summary>Nothing is named.</summary>
    public static readonly IReadOnlyDictionary<Guid, string> None = new Dictionary<Guid, string>();

    /// <summary>The names of those ids that are an organization's, a project's, a programme's or a provider's.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> NamesAsync(this HttpContext http, IEnumerable<Guid?> ids)
    {
        var wanted = ids.OfType<Guid>().Distinct().ToList();
        if (wanted.Count == 0)
            return None;
        var db = http.RequestServices.GetRequiredService<GpuGrantsContext>();
        var found = await db.Set<Organization>()
            .Where(row => wanted.Contains(row.Id))
            .Select(row => new { row.Id, row.Name })
            .Concat(db.Set<Project>().Where(row => wanted.Contains(row.Id)).Select(row => new { row.Id, row.Name }))
            .Concat(db.Set<Programme>().Where(row => wanted.Contains(row.Id)).Select(row => new { row.Id, row.Name }))
            .Concat(db.Set<Provider>().Where(row => wanted.Contains(row.Id)).Select(row => new { row.Id, row.Name }))
            .ToListAsync(http.RequestAborted);
        return found.ToDictionary(one => one.Id, one => one.Name);
    }
}
