using System.Collections.Concurrent;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>The tree of each programme. A programme never changes its tree, so what was read once holds for ever.</summary>
public sealed class ProgrammeRoots
{
    private const int MaxKnown = 100_000;
    private readonly ConcurrentDictionary<Guid, Guid> _roots = [];

    /// <summary>The root programme's id; null when there is no such programme.</summary>
    public async ValueTask<Guid?> FindAsync(HttpContext http, Guid programmeId)
    {
        if (_roots.TryGetValue(programmeId, out var known))
            return known;
        var root = await http
            .RequestServices.GetRequiredService<GpuGrantsContext>()
            .Set<Programme>()
            .Where(row => row.Id == programmeId)
            .Select(row => (Guid?)row.RootProgrammeId)
            .FirstOrDefaultAsync(http.RequestAborted);
        if (root is not { } found)
            return null;
        if (_roots.Count >= MaxKnown)
            _roots.Clear();
        return _roots[programmeId] = found;
    }
}
