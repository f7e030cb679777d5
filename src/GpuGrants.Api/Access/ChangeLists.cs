using System.Linq.Expressions;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Access;

/// <summary>
/// Lists of what grows with every decision, asked for by their last change. No index has that order, because each decision and each report
/// of usage would pay for it. An index has the rows of each organization and each provider. Those of a programme are found by the events of
/// its tree: each change has one, and their numbers have the order of time.
/// </summary>
internal static class ChangeLists
{
    /// <summary>The most events of trees among which one call searches for changes.</summary>
    private const long MaxEvents = 100_000;

    /// <summary>How the event of a move names the new grant.</summary>
    private const string ContinuedAs = "continuedAs";

    /// <summary>Refuses to search all rows for changes. Whoever only belongs to organizations searches theirs.</summary>
    /// <param name="http">The call.</param>
    /// <param name="filters">Each of them narrows the rows enough. A programme does so with a moment since which they changed.</param>
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
        if (filters.Any(name => query[name].ToString().Length > 0))
            return;
        var named = string.Join(" or ", filters);
        if (query["programmeId"].ToString().Length == 0)
            throw Problem.Malformed(
                asks,
                $"Changes are searched among the rows of some organizations or programmes. Add {named} or programmeId."
            );
        if (asks == "sort")
            throw Problem.Malformed(asks, $"Changes in a programme are searched since a moment. Add updatedSince, or add {named}.");
    }

    /// <summary>
    /// Only rows of the programmes that <c>programmeId</c> names. Those that changed since a moment are found by the events of their trees.
    /// </summary>
    /// <param name="rows">Rows whose changes are events of a resource.</param>
    /// <param name="http">The call.</param>
    /// <param name="db">For reading.</param>
    /// <param name="programme">The row's programme.</param>
    /// <param name="resource">The events' type of resource.</param>
    /// <exception cref="ProblemException">A value is no id, or there are too many, or too much happened since the moment.</exception>
    public static async Task<IQueryable<TRow>> OnlyProgrammesAsync<TRow>(
        this IQueryable<TRow> rows,
        HttpContext http,
        GpuGrantsContext db,
        Expression<Func<TRow, Guid?>> programme,
        string resource
    )
        where TRow : class
    {
        if (http.IdsFilter("programmeId") is not { } ids)
            return rows;
        var roots = db.Set<Programme>().Where(one => ids.Contains(one.Id)).Select(one => one.RootProgrammeId);
        rows = rows.OnlyIds(http, "programmeId", programme).Where(row => roots.Contains(EF.Property<Guid>(row, "RootProgrammeId")));
        if (Since(http) is not { } since || !await ReviewsAllAsync(http, db, ids))
            return rows;
        // Read first, and then named: as one statement, a planner without figures may read a whole index to find a few rows.
        var changed = await Changed(db, await TreesAsync(http, db, roots, since), resource).ToArrayAsync(http.RequestAborted);
        return rows.Where(row => changed.Contains(EF.Property<Guid>(row, "Id")));
    }

    /// <summary>
    /// Whether the caller reviews all of these programmes. Others see rows of some organizations or providers, which an index has, and do
    /// not learn how much happens in a tree.
    /// </summary>
    private static async Task<bool> ReviewsAllAsync(HttpContext http, GpuGrantsContext db, List<Guid> ids)
    {
        if (http.Caller().IsPlatformAdministrator)
            return true;
        var reviewed = ReviewedProgrammes.Ids(db, http.Caller());
        return await reviewed.CountAsync(id => ids.Contains(id), http.RequestAborted) == ids.Count;
    }

    /// <summary>The moment since which rows changed; where a page goes on in the order of changes, that of the row before it.</summary>
    private static DateTimeOffset? Since(HttpContext http)
    {
        if (http.MomentFilter("updatedSince") is not { } since)
            return null;
        var after = http.Request.Query["sort"].ToString() == "updated" ? Paging.After(http)?.Moment : null;
        return (after > since ? after.Value : since).ToUniversalTime();
    }

    /// <summary>The trees, each with the number of its last event before the moment.</summary>
    private static async Task<List<TreePosition>> TreesAsync(
        HttpContext http,
        GpuGrantsContext db,
        IQueryable<Guid> roots,
        DateTimeOffset since
    )
    {
        var known = await roots.Distinct().ToArrayAsync(http.RequestAborted);
        var trees = await db
            .Database.SqlQuery<TreePosition>(
                $"""
                select root_programme_id as root, event_sequence as head, event_position(root_programme_id, {since}) as after
                from programme_trees where root_programme_id = any ({known})
                """
            )
            .ToListAsync(http.RequestAborted);
        return trees.Sum(one => one.Head - one.After) <= MaxEvents
            ? trees
            : throw Problem.Malformed(
                "updatedSince",
                $"More than {MaxEvents} events happened since then. State a later moment. For all rows, list them by their creation."
            );
    }

    /// <summary>
    /// The resources that events are about. A grant's first event is that of its request, or of the grant that it continues: these name it.
    /// </summary>
    private static IQueryable<Guid> Changed(GpuGrantsContext db, List<TreePosition> trees, string resource)
    {
        var (roots, after) = (trees.Select(one => one.Root).ToArray(), trees.Select(one => one.After).ToArray());
        var member = $"{resource}Id";
        return db.Database.SqlQuery<Guid>(
            $"""
            select distinct v.id::uuid as "Value" from unnest({roots}::uuid[], {after}::bigint[]) as w(root, after)
            cross join lateral (select resource_type, resource_id, data from events
                where root_programme_id = w.root and sequence > w.after offset 0) e
            cross join lateral (values (case when e.resource_type = {resource} then e.resource_id else e.data ->> {member} end),
                (e.data ->> {ContinuedAs})) as v(id)
            where v.id is not null
            """
        );
    }

    /// <summary>How far a tree's events reach.</summary>
    /// <param name="Head">The number of its last event.</param>
    /// <param name="After">The number of its last event before a moment.</param>
    private sealed record TreePosition(Guid Root, long Head, long After);
}
