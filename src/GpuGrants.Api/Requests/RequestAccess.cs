using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests;

/// <summary>Who sees which request.</summary>
internal static class RequestAccess
{
    /// <summary>Said to whoever sees a request and may not decide it.</summary>
    public const string ReviewersOnly = "Only reviewers and administrators of the programme may do this.";

    /// <summary>
    /// Requests that the caller sees: of its organizations, of programmes that it reviews, and those that its providers approve.
    /// </summary>
    public static IQueryable<Request> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<Request>();
        var mine = caller.Organizations;
        // An index has the rows of each organization.
        if (caller is { ReviewedProgrammes.Length: 0, Providers: not { Length: > 0 } })
            return db.Set<Request>().Where(row => mine.Contains(row.OrganizationId));
        var reviews = caller.ReviewedProgrammes.Length > 0;
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        if (caller.Providers is not { Length: > 0 } operated)
            return db.Set<Request>().Where(row => mine.Contains(row.OrganizationId) || (reviews && reviewed.Contains(row.ProgrammeId)));
        return db.Set<Request>()
            .Where(row =>
                mine.Contains(row.OrganizationId)
                || (reviews && reviewed.Contains(row.ProgrammeId))
                || (row.ProviderApproval != null && row.ProviderId != null && operated.Contains(row.ProviderId.Value))
            );
    }

    public static async Task<Request> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    /// <summary>
    /// Whether the caller reviews the request, and so reads what is meant for operators. Whoever acts for the applicant does not.
    /// </summary>
    public static async Task<bool> ReviewsAsync(HttpContext http, GpuGrantsContext db, Request row) =>
        !http.Caller().BelongsTo(row.OrganizationId)
        && http.Caller().Reviews((await ProgrammeEndpoints.FindAsync(http, db, row.ProgrammeId)).Path);

    /// <summary>The request, if the caller may act for its applicant.</summary>
    public static async Task<Request> OwnAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().BelongsTo(row.OrganizationId)
            ? row
            : throw Problem.Forbidden("Only members of the organization that asked may do this.");
    }

    /// <summary>Whether the caller decides a request as its offer's provider does.</summary>
    public static bool DecidesForProvider(Caller caller, Request row) =>
        row is { ProviderApproval: not null, ProviderId: { } provider } && caller.Has(Roles.ProviderOperator, provider);

    /// <summary>The request, if the caller may decide it for the programme or for the provider, and the roles that let it review.</summary>
    public static async Task<(Request Request, string[] Roles, bool ForProvider)> DecidedAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid id
    )
    {
        var row = await FindAsync(http, db, id);
        if (DecidesForProvider(http.Caller(), row))
            return (row, [], true);
        var programme = await ProgrammeEndpoints.FindAsync(http, db, row.ProgrammeId);
        if (!http.Caller().Reviews(programme.Path))
            throw Problem.Forbidden(ReviewersOnly);
        http.Caller().Demand(Scopes.Review);
        return (row, http.Caller().RolesOn(programme.Path), false);
    }

    /// <summary>The request and its programme, if the caller may decide it.</summary>
    public static async Task<(Request Request, Programme Programme)> ReviewedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var programme = await ProgrammeEndpoints.FindAsync(http, db, row.ProgrammeId);
        return http.Caller().Reviews(programme.Path) ? (row, programme) : throw Problem.Forbidden(ReviewersOnly);
    }
}
