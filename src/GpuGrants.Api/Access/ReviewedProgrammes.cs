using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access;

/// <summary>The rule by which reviewers see what belongs to programmes.</summary>
internal static class ReviewedProgrammes
{
    /// <summary>The programmes that the caller reviews by a role on them or above them, as a part of a query.</summary>
    /// <returns>Their ids; none for a platform administrator without such a role, who sees everything anyway.</returns>
    public static IQueryable<Guid> Ids(GpuGrantsContext db, Caller caller)
    {
        var reviewed = caller.ReviewedProgrammes;
        return db.Set<Programme>().Where(programme => programme.Path.Any(id => reviewed.Contains(id))).Select(programme => programme.Id);
    }
}
