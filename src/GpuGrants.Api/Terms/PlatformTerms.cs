using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Terms;

/// <summary>The platform's own terms, which people accept when they join.</summary>
internal static class PlatformTerms
{
    /// <summary>The ids of those in force.</summary>
    public static Task<List<Guid>> IdsAsync(GpuGrantsContext db, CancellationToken cancellation) =>
        db.Set<TermsRow>().Where(row => row.ProgrammeId == null && row.EndedAt == null).Select(row => row.Id).ToListAsync(cancellation);

    /// <summary>The ids of those in force, and of those of programmes.</summary>
    /// <param name="db">For reading.</param>
    /// <param name="path">A programme and those above it.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static Task<List<Guid>> IdsAsync(GpuGrantsContext db, Guid[] path, CancellationToken cancellation) =>
        db.Set<TermsRow>()
            .Where(row => row.EndedAt == null && (row.ProgrammeId == null || path.Contains(row.ProgrammeId.Value)))
            .Select(row => row.Id)
            .ToListAsync(cancellation);
}
