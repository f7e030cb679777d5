using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using GpuGrants.Feed;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Feed;

/// <summary>Which events somebody asks for.</summary>
/// <param name="Types">Names of the catalogue; null for all.</param>
/// <param name="Resource">The id of one resource; null for all.</param>
/// <param name="Trees">The trees to read; null for all that the caller sees.</param>
public sealed record FeedQuery(string[]? Types, string? Resource, Guid[]? Trees)
{
    /// <summary>The word that stands for what belongs to no programme.</summary>
    private const string Platform = "platform";

    private const int MaxResource = 100;

    /// <summary>The last number to read of each tree, 0 for trees that are not named; null for no end.</summary>
    internal IReadOnlyDictionary<Guid, long>? Ends { get; init; }

    /// <summary>Whether others are likely to ask for the same, so that events are read once for all of them.</summary>
    internal bool IsShared { get; init; }

    /// <summary>Reads <c>types</c>, <c>resource</c> and <c>programme</c>.</summary>
    /// <exception cref="ProblemException">One of them is wrong.</exception>
    internal static async Task<FeedQuery> OfAsync(HttpContext http, GpuGrantsContext db)
    {
        var resource = http.Request.Query["resource"].ToString();
        if (resource.Length > MaxResource)
            throw Problem.Malformed("resource", $"Send the id of a resource, of at most {MaxResource} characters.");
        return new FeedQuery(
            TypesOf(http.Request.Query["types"].ToString()),
            resource.Length == 0 ? null : resource,
            await TreesOfAsync(http, db)
        );
    }

    /// <summary>Types by name, or by all that begin alike: <c>request.approved,grant.*</c>.</summary>
    /// <exception cref="ProblemException">No type has such a name.</exception>
    internal static string[]? TypesOf(string text)
    {
        if (text.Length == 0)
            return null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pattern in text.Split(','))
        {
            var found = Matching(pattern);
            if (found.Count == 0)
                throw Problem.Malformed("types", $"'{Excerpt.Of(pattern)}' is no type of event. docs/events.md lists them.");
            names.UnionWith(found);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <summary>The types of the catalogue that a pattern names.</summary>
    /// <returns>None for an unknown name.</returns>
    internal static IReadOnlyList<string> Matching(string pattern) =>
        pattern.EndsWith(".*", StringComparison.Ordinal)
            ? [.. EventCatalogue.All.Keys.Where(name => name.StartsWith(pattern[..^1], StringComparison.Ordinal))]
        : EventCatalogue.All.ContainsKey(pattern) ? [pattern]
        : [];

    private static async Task<Guid[]?> TreesOfAsync(HttpContext http, GpuGrantsContext db)
    {
        var text = http.Request.Query["programme"].ToString();
        if (text.Length == 0)
            return null;
        var parts = text.Split(',');
        if (parts.Length > FeedPositions.MaxTrees)
            throw Problem.Malformed("programme", $"Name at most {FeedPositions.MaxTrees} programmes.");
        var ids = new HashSet<Guid>();
        foreach (var part in parts.Where(part => part != Platform))
            if (!Guid.TryParseExact(part, "D", out var id) || !ids.Add(id))
                throw Problem.Malformed("programme", "Name programmes by their ids, each once, or the platform as 'platform'.");
        var found = await ProgrammeSight
            .Visible(db, http.Caller())
            .Where(row => ids.Contains(row.Id))
            .Select(row => new { row.Id, row.RootProgrammeId })
            .ToListAsync(http.RequestAborted);
        if (found.Count != ids.Count)
            throw Problem.Malformed("programme", "There is no such programme.");
        var trees = found.Select(one => one.RootProgrammeId).ToHashSet();
        if (parts.Contains(Platform))
            trees.Add(TreeId.Platform.Value);
        return [.. trees];
    }
}
