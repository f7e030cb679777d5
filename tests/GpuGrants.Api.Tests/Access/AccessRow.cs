using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>What one endpoint answers to every kind of caller.</summary>
/// <param name="Endpoint">Method and route pattern.</param>
/// <param name="Expected">A letter a caller, in the columns' order; spaces only group them. <c>Y</c> let in (and the answer shows what
/// <see cref="Shows"/> says), <c>E</c> let in, but shown nothing of it,
/// <c>F</c> 403 forbidden, <c>N</c> 404 as if it were not there, <c>B</c> 400 that names a field of the body.</param>
internal sealed record AccessRow(string Endpoint, string Expected)
{
    /// <summary>A body that is right; nothing but access may refuse the call.</summary>
    public Func<Cast, object?> Body { get; init; } = _ => null;

    /// <summary>The query, from the question mark on; a page that holds everything when none is given.</summary>
    public Func<Cast, string>? Query { get; init; }

    /// <summary>What the answer shows to those who may see it, such as an id in a list.</summary>
    public Func<Cast, string>? Shows { get; init; }

    /// <summary>The path, when it is not the cast's resource.</summary>
    public Func<Cast, Task<string>>? Path { get; init; }

    /// <summary>Whether whoever reads the answer can act with it: then auditors do not read it.</summary>
    public bool IsSecret { get; init; }

    public HttpMethod Method => new(Endpoint.Split(' ')[0]);

    public string Pattern => Endpoint.Split(' ')[1];

    public string Letters => Expected.Replace(" ", "", StringComparison.Ordinal);

    public async Task<Reply> CallAsync(Cast cast, Person person, string path) =>
        // A version that never was: whoever is let in is told so by 412, and nothing changes.
        await person.Send(
            Method,
            path + (Method == HttpMethod.Get ? QueryOf(cast) : ""),
            Method == HttpMethod.Get || Method == HttpMethod.Delete ? null : Body(cast) ?? new { },
            [("If-Match", "\"999999\"")]
        );

    private string QueryOf(Cast cast) =>
        Query is not null ? Query(cast)
        : cast.IsList(Endpoint) ? "?limit=100"
        : "";
}
