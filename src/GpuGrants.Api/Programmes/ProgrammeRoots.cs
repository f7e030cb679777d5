using BitFaster.Caching.Lru;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>The tree of each programme. A programme never changes its tree, so what was read once holds for ever.</summary>
public sealed class ProgrammeRoots
{
    private const int MaxKnown = 100_000;
    private readonly ConcurrentLru<Guid, Guid> _roots = new(MaxKnown);

    /// <summary>The root programme's id; null when there is no such programme.</summary>
    public async ValueTask<Guid?> FindAsync(HttpContext http, Guid programmeId)
    {
        if (_roots.TryGet(programmeId, out var known))
            return known;
        var root = await http
            .RequestServices.GetRequiredService<GpuGrantsContext>()
            .Set<Programme>()
            .Where(row => row.Id == programmeId)
            .Select(row => (Guid?)row.RootProgrammeId)
            .FirstOrDefaultAsync(http.RequestAborted);
        if (root is not { } found)
            return null;
        _roots.AddOrUpdate(programmeId, found);
        return found;
    }
}
