using System.Globalization;
using GpuGrants.Api.Http.Answering;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Lists;

/// <summary>A page of a list.</summary>
/// <param name="Data">The page's items.</param>
/// <param name="NextCursor">Send it as <c>cursor</c> for the next page; null on the last.</param>
public sealed record Page<TItem>(IReadOnlyList<TItem> Data, string? NextCursor);

/// <summary>Reads pages: newest first or oldest first by id, at most a hundred at a time, without counting.</summary>
public static class Paging
{
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;

    /// <summary>A page of rows that are ordered by a UUIDv7 id.</summary>
    /// <param name="http">Gives <c>limit</c> and <c>cursor</c>.</param>
    /// <param name="rows">The filtered rows, not ordered yet.</param>
    /// <param name="oldestFirst">The order.</param>
    /// <param name="id">The name of the id's property.</param>
    /// <param name="map">Makes an item of a row.</param>
    public static async Task<Page<TItem>> PageAsync<TRow, TItem>(
        this HttpContext http,
        IQueryable<TRow> rows,
        Func<TRow, TItem> map,
        bool oldestFirst = false,
        string id = "Id"
    )
        where TRow : class
    {
        var limit = Limit(http);
        var cursors = http.RequestServices.GetRequiredService<Cursor>();
        var scope = Scope(http);
        if (http.Request.Query["cursor"].Count > 1)
            throw Problem.Malformed("cursor", "State one cursor.");
        if (http.Request.Query["cursor"] is [{ } text])
        {
            var last = cursors.Read(text, scope);
            rows = oldestFirst
                ? rows.Where(row => EF.Property<Guid>(row, id).CompareTo(last) > 0)
                : rows.Where(row => EF.Property<Guid>(row, id).CompareTo(last) < 0);
        }

        var ordered = oldestFirst
            ? rows.OrderBy(row => EF.Property<Guid>(row, id))
            : rows.OrderByDescending(row => EF.Property<Guid>(row, id));
        var found = await ordered.AsNoTracking().Take(limit + 1).ToListAsync(http.RequestAborted);
        var property = typeof(TRow).GetProperty(id)!;
        return new Page<TItem>(
            [.. found.Take(limit).Select(map)],
            found.Count > limit ? cursors.Write((Guid)property.GetValue(found[limit - 1])!, scope) : null
        );
    }

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
        http.Request.Path
        + "?"
        + string.Join(
            '&',
            http.Request.Query.Where(pair => pair.Key is not ("cursor" or "limit") && pair.Key != noFilter)
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Key}={pair.Value}")
        );

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

    /// <summary>A query parameter that has to be one of some words, when it is there.</summary>
    public static string? ChoiceFilter(this HttpContext http, string name, params ReadOnlySpan<string> choices)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return choices.Contains(text) ? text : throw Problem.Malformed(name, $"Send one of: {string.Join(", ", choices.ToArray())}.");
    }
}
