using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http.Lists;

/// <summary>The words of a list's own orders.</summary>
/// <param name="Words">A minus says that the largest come first.</param>
public sealed record Orders(IReadOnlyList<string> Words);

/// <summary>Query parameters that an endpoint reads: the contract lists them, and others are refused.</summary>
/// <param name="Names">Their names.</param>
/// <param name="Several">Those of them that take several values.</param>
public sealed record QueryParameters(IReadOnlyList<string> Names, IReadOnlyList<string> Several)
{
    public QueryParameters(IReadOnlyList<string> names)
        : this(names, []) { }

    /// <summary>Refuses parameters that the endpoint does not read: a misspelt filter would give far too much.</summary>
    /// <exception cref="ProblemException">There is one, or one has a name in another letter case.</exception>
    public static void Check(HttpContext http)
    {
        if (http.Request.Query.Count == 0)
            return;
        var known = http.GetEndpoint()!.Metadata.GetOrderedMetadata<QueryParameters>().SelectMany(one => one.Names).ToList();
        foreach (var (name, _) in http.Request.Query)
            if (!known.Contains(name))
                throw Problem.Malformed(
                    name,
                    known.Count == 0
                        ? $"'{Excerpt.Of(name)}' is unknown here: this call takes no query parameters. Leave it out."
                        : $"'{Excerpt.Of(name)}' is unknown here: this call takes {string.Join(", ", known)}. "
                            + "Leave it out or mend its name."
                );
    }
}

/// <summary>Reads query parameters.</summary>
public static class QueryParameterExtensions
{
    /// <summary>A query parameter that has to be one of some words, when it is there.</summary>
    public static string? ChoiceFilter(this HttpContext http, string name, params ReadOnlySpan<string> choices)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return choices.Contains(text) ? text : throw Problem.Malformed(name, $"Send one of: {string.Join(", ", choices.ToArray())}.");
    }

    /// <summary>A query parameter that is true or false; null when it is left out.</summary>
    public static bool? Flag(this HttpContext http, string name) =>
        http.ChoiceFilter(name, "true", "false") is { } word ? word == "true" : null;
}
