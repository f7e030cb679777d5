using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access;

/// <summary>
/// Who may know of which programme. Everybody knows of public ones. Of private ones know their people, the providers with offers or
/// standing terms there, and the organizations that asked there.
/// </summary>
internal static class ProgrammeSight
{
    /// <summary>The programmes that the caller may know of, as a part of a query.</summary>
    /// <param name="db">For reading.</param>
    /// <param name="caller">Null for somebody without a token.</param>
    public static IQueryable<Programme> Visible(GpuGrantsContext db, Caller? caller)
    {
        var all = db.Set<Programme>();
        if (caller is { IsPlatformAdministrator: true })
            return all;
        if (caller is null)
            return Public(db);
        var (people, providers, organizations) = (caller.ReviewedProgrammes, caller.Providers, caller.Organizations);
        return all.Where(row =>
            !all.Any(above => row.Path.Contains(above.Id) && above.Visibility == ProgrammeVisibility.Private)
            || row.Path.Any(id => people.Contains(id))
            // Whoever belongs to a programme may know where it stands.
            || all.Any(below => people.Contains(below.Id) && below.Path.Contains(row.Id))
            || db.Set<OfferRow>().Any(offer => offer.ProgrammeId == row.Id && providers.Contains(offer.ProviderId))
            || db.Set<StandingTermsRow>().Any(terms => terms.ProgrammeId == row.Id && providers.Contains(terms.ProviderId))
            || db.Set<Request>().Any(request => request.ProgrammeId == row.Id && organizations.Contains(request.OrganizationId))
        );
    }

    /// <summary>The programmes that strangers may know of.</summary>
    public static IQueryable<Programme> Public(GpuGrantsContext db) =>
        db.Set<Programme>()
            .Where(row =>
                !db.Set<Programme>().Any(above => row.Path.Contains(above.Id) && above.Visibility == ProgrammeVisibility.Private)
            );

    /// <summary>The programme with this id, if the caller may know of it.</summary>
    /// <returns>Null when there is none, or none to know of.</returns>
    public static Task<Programme?> FindAsync(HttpContext http, GpuGrantsContext db, Guid? id) =>
        Visible(db, http.CallerOrNobody()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted);

    /// <summary>The programme that a body names in <c>programmeId</c>.</summary>
    /// <exception cref="ProblemException">There is none, or none that the caller may know of.</exception>
    public static async Task<Programme> NamedAsync(HttpContext http, GpuGrantsContext db, Guid? id) =>
        await FindAsync(http, db, id) ?? throw Problem.Invalid("programmeId", "There is no such programme.");
}
