using BitFaster.Caching.Lru;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>The tree of each programme. A programme never changes its tree, so what was read once holds for ever.</summary>
public sealed class ProgrammeRoots
{
    private const int MaxKnown = 100_000;
    private readonly ConcurrentLru<Guid, TreeId> _trees = new(MaxKnown);

    /// <summary>Null when there is no such programme.</summary>
    public async ValueTask<TreeId?> FindAsync(HttpContext http, Guid programmeId)
    {
        if (_trees.TryGet(programmeId, out var known))
            return known;
        var root = await http
            .RequestServices.GetRequiredService<GpuGrantsContext>()
            .Set<Programme>()
            .Where(row => row.Id == programmeId)
            .Select(row => (Guid?)row.RootProgrammeId)
            .FirstOrDefaultAsync(http.RequestAborted);
        if (root is not { } found)
            return null;
        var tree = TreeId.Of(found);
        _trees.AddOrUpdate(programmeId, tree);
        return tree;
    }
}
