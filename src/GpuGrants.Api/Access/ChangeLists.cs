using System.Linq.Expressions;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access;

/// <summary>
/// Lists of what grows with every decision, asked for by their last change. No index has that order, because each decision and each report
/// of usage would pay for it. So changes are searched among the rows of some organizations, programmes or providers, which an index has.
/// </summary>
internal static class ChangeLists
{
    /// <summary>Refuses to search all rows for changes. Whoever only belongs to organizations searches theirs.</summary>
    /// <param name="http">The call.</param>
    /// <param name="filters">Each of them narrows the rows enough.</param>
    /// <exception cref="ProblemException">The caller sees more than that, and no filter narrows it.</exception>
    public static void ChangesNeed(this HttpContext http, params IReadOnlyList<string> filters)
    {
        var query = http.Request.Query;
        var asks =
            query["updatedSince"].ToString().Length > 0 ? "updatedSince"
            : query["sort"].ToString() is "updated" or "-updated" ? "sort"
            : null;
        if (asks is null || http.Caller() is { IsPlatformAdministrator: false, ReviewedProgrammes.Length: 0 })
            return;
        if (filters.All(name => query[name].ToString().Length == 0))
            throw Problem.Malformed(
                asks,
                $"Changes are searched among the rows of some organizations or programmes. Add {string.Join(" or ", filters)}."
            );
    }

    /// <summary>Only rows of the programmes that <c>programmeId</c> names, which are found by their trees.</summary>
    /// <exception cref="ProblemException">A value is no id, or there are too many.</exception>
    public static IQueryable<TRow> OnlyProgrammes<TRow>(
        this IQueryable<TRow> rows,
        HttpContext http,
        GpuGrantsContext db,
        Expression<Func<TRow, Guid?>> programme
    )
        where TRow : class
    {
        if (http.IdsFilter("programmeId") is not { } ids)
            return rows;
        var roots = db.Set<Programme>().Where(one => ids.Contains(one.Id)).Select(one => one.RootProgrammeId);
        return rows.OnlyIds(http, "programmeId", programme).Where(row => roots.Contains(EF.Property<Guid>(row, "RootProgrammeId")));
    }
}
