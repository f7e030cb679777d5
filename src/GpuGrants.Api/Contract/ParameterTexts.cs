namespace GpuGrants.Api.Contract;

/// <summary>What parameters mean.</summary>
internal static class ParameterTexts
{
    public static string OfPath(string name) =>
        name switch
        {
            "id" => "The resource's id, as a list or the answer that created it gave it.",
            "number" => "The version's number, from 1 on.",
            "clientId" => "The API client's clientId.",
            _ when name.EndsWith("Id", StringComparison.Ordinal) => $"The {name[..^2]}'s id.",
            _ => $"The {name}.",
        };

    public static string Of(string name) =>
        name switch
        {
            "limit" => "Items on a page: 1 to 100; 20 when left out.",
            "cursor" => "nextCursor of the page before, with the same filters.",
            "dryRun" => "true to be told what a real request would get; nothing is written.",
            "asOf" => "A past moment, ISO 8601 in UTC.",
            "from" => "The beginning: a moment of a statement or an export, or a version's number of a comparison.",
            "to" => "The end, which no longer belongs to the period; or a version's number of a comparison.",
            "order" => "oldest, as when left out, or fair-share: those first who were granted least of late.",
            "format" => "json, as when left out, or csv.",
            "bom" => "true to begin CSV with a byte order mark, by which Excel knows that the text is UTF-8; false when left out.",
            "status" => "Only those with this status.",
            _ => $"Only those with this {name}.",
        };
}
