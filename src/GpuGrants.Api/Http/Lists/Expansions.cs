using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http.Lists;

/// <summary>What a read shows whole, beside the ids, on demand: <c>expand=organization,offer</c>.</summary>
/// <param name="Words">What may be asked for.</param>
public sealed record Expandable(IReadOnlyList<string> Words);

/// <summary>Reads <c>expand</c>.</summary>
internal static class Expansions
{
    public const string Parameter = "expand";

    /// <summary>What the call asks for; empty when it asks for nothing.</summary>
    /// <exception cref="ProblemException">A word is none of the endpoint's.</exception>
    public static IReadOnlyCollection<string> Expanded(this HttpContext http)
    {
        if (Filters.Values(http, Parameter) is not { } wanted)
            return [];
        var words = http.GetEndpoint()!.Metadata.GetRequiredMetadata<Expandable>().Words;
        return wanted.Find(word => !words.Contains(word)) is null
            ? wanted
            : throw Problem.Malformed(Parameter, $"Send one or several of: {string.Join(", ", words)}.");
    }
}
