using System.Globalization;
using GpuGrants.Api.Http.Answering;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http.Lists;

/// <summary>A page of a list.</summary>
/// <param name="Data">The page's items.</param>
/// <param name="NextCursor">Send it as <c>cursor</c> for the next page; null on the last.</param>
public sealed record Page<TItem>(IReadOnlyList<TItem> Data, string? NextCursor)
{
    /// <summary>With count=true: how many items the filters leave; 10,000 stands for 10,000 or more. Else null.</summary>
    public int? Count { get; init; }

    /// <summary>The names of organizations, projects, programmes and providers that the items refer to, by id.</summary>
    public IReadOnlyDictionary<Guid, string> Names { get; init; } = Lists.Names.None;

    /// <summary>The same page with items made of the rows.</summary>
    internal Page<TView> Of<TView>(Func<TItem, TView> map) => new([.. Data.Select(map)], NextCursor) { Count = Count, Names = Names };
}

/// <summary>Reads pages in the order of creation or of change, at most a hundred items at a time.</summary>
public static class Paging
{
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;

    /// <summary>Counting stops here, so that a long list costs no more.</summary>
    public const int MaxCount = 10_000;

    /// <summary>A page of rows that have a UUIDv7 id.</summary>
    /// <param name="http">Gives <c>limit</c>, <c>cursor</c>, and where the list declares them <c>sort</c>, <c>count</c> and times.</param>
    /// <param name="rows">The filtered rows, not ordered yet.</param>
    /// <param name="map">Makes an item of a row.</param>
    /// <param name="oldestFirst">The order unless <c>sort</c> names one.</param>
    /// <param name="id">The name of the id's property.</param>
    /// <param name="names">The ids that a row refers to, which the page names.</param>
    /// <param name="created">The member that says when a row was made, where its id is the caller's own.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ProblemException">A parameter cannot be read.</exception>
    public static Task<Page<TItem>> PageAsync<TRow, TItem>(
        this HttpContext http,
        IQueryable<TRow> rows,
        Func<TRow, TItem> map,
        bool oldestFirst = false,
        string id = "Id",
        Func<TRow, IEnumerable<Guid?>>? names = null,
        string? created = null
    )
        where TRow : class => http.PageOfAllAsync([rows], map, oldestFirst, id, names, created);

    /// <summary>A page of the rows of several queries. Each has an index of its own, and no more of it is read than a page.</summary>
    /// <param name="http">As above, and so are the other parameters.</param>
    /// <param name="parts">Filtered rows, not ordered yet. No row is in two of them.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ProblemException">A parameter cannot be read.</exception>
    public static async Task<Page<TItem>> PageOfAllAsync<TRow, TItem>(
        this HttpContext http,
        IReadOnlyList<IQueryable<TRow>> parts,
        Func<TRow, TItem> map,
        bool oldestFirst = false,
        string id = "Id",
        Func<TRow, IEnumerable<Guid?>>? names = null,
        string? created = null
    )
        where TRow : class
    {
        var (limit, after) = (Limit(http), After(http));
        var order = ListOrder.Of<TRow>(http, oldestFirst, created);
        parts = [.. parts.Select(part => part.WithinTimes(http))];
        var pages = parts.Select(part => order.Sort(part, after, id).Take(limit + 1)).Aggregate((one, other) => one.Concat(other));
        if (parts.Count > 1)
            pages = order.Sort(pages, null, id).Take(limit + 1);
        var found = await pages.AsNoTracking().ToListAsync(http.RequestAborted);
        var shown = found.Take(limit).ToList();
        return new Page<TItem>([.. shown.Select(map)], found.Count > limit ? Next(http, order.PositionOf(shown[^1], id)) : null)
        {
            Count = await CountAsync(http, parts.Aggregate((one, other) => one.Concat(other))),
            Names = names is null ? Names.None : await http.NamesAsync(shown.SelectMany(names)),
        };
    }

    /// <summary>How many rows the list has, at most <see cref="MaxCount"/>; null unless the call asks for it by <c>count</c>.</summary>
    public static async Task<int?> CountAsync<TRow>(HttpContext http, IQueryable<TRow> rows) =>
        // Whatever rows are taken, they are as many: the constant order costs nothing, and says so.
        http.Flag("count") == true
            ? await rows.OrderBy(_ => 1).Take(MaxCount).CountAsync(http.RequestAborted)
            : null;

    /// <summary>Where <c>cursor</c> says that the list goes on; null for its beginning.</summary>
    /// <exception cref="ProblemException">There are several, or it is none of this list.</exception>
    public static ListPosition? After(HttpContext http) =>
        http.Request.Query["cursor"] switch
        {
            { Count: > 1 } => throw Problem.Malformed("cursor", "State one cursor."),
            [{ } text] => http.RequestServices.GetRequiredService<Cursor>().Read(text, Scope(http)),
            _ => null,
        };

    /// <summary>The cursor of the page behind this position.</summary>
    public static string Next(HttpContext http, ListPosition last) =>
        http.RequestServices.GetRequiredService<Cursor>().Write(last, Scope(http));

    public static int Limit(HttpContext http)
    {
        var text = http.Request.Query["limit"].ToString();
        if (text.Length == 0)
            return DefaultLimit;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit
            : throw Problem.Malformed("limit", $"A page has 1 to {MaxLimit} items.");
    }

    /// <summary>Path and filters: a cursor of one list means nothing in another.</summary>
    /// <param name="http">Gives both.</param>
    /// <param name="noFilter">A parameter that only says where to begin.</param>
    public static string Scope(HttpContext http, string? noFilter = null) =>
        Scope(
            http.Request.Path,
            http.Request.Query.Where(pair =>
                pair.Key is not ("cursor" or "limit" or "count" or Expansions.Parameter) && pair.Key != noFilter
            )
        );

    /// <summary>The same of another list.</summary>
    /// <param name="path">The list's.</param>
    /// <param name="filters">Its parameters.</param>
    public static string Scope(string path, IEnumerable<KeyValuePair<string, StringValues>> filters) =>
        path + "?" + string.Join('&', filters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>A query parameter that has to be an id, when it is there.</summary>
    public static Guid? IdFilter(this HttpContext http, string name)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return Guid.TryParseExact(text, "D", out var id)
            ? id
            : throw Problem.Malformed(name, "Send an id as it was given, such as 0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d.");
    }
}
