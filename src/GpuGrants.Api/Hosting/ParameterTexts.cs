namespace GpuGrants.Api.Hosting;

/// <summary>What query parameters mean.</summary>
internal static class ParameterTexts
{
    public static string Of(string name) => name switch
    {
        "limit" => "Items on a page: 1 to 100; 20 when left out.",
        "cursor" => "nextCursor of the page before, with the same filters.",
        "dryRun" => "true to be told what a real request would get; nothing is written.",
        "asOf" => "A past moment, ISO 8601 in UTC.",
        "from" => "The beginning: a moment of a statement, or a version's number of a comparison.",
        "to" => "The end, which no longer belongs to the period; or a version's number of a comparison.",
        "status" => "Only those with this status.",
        _ => $"Only those with this {name}.",
    };
}
