using System.Text.Json.Nodes;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Lists;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>The headers of answers.</summary>
internal static class AnswerHeaders
{
    private const string RateLimitItem = "\"[a-z]+\";";

    /// <summary>Every header by its name in the contract's components, where answers refer to it.</summary>
    public static IReadOnlyDictionary<string, OpenApiHeader> All { get; } =
        new Dictionary<string, OpenApiHeader>(StringComparer.Ordinal)
        {
            ["Content-Disposition"] = Header(
                "With CSV: a name for the file.",
                Text("^attachment; filename="),
                "attachment; filename=\"transfers.csv\""
            ),
            ["Content-Language"] = Header(
                "The language of sentences for people: the one of Accept-Language that the service speaks, or English.",
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["en", "ko"] },
                "ko",
                required: true
            ),
            ["Problem-Language"] = Header(
                "With a problem document: the language of its sentences for people.",
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["en", "ko"] },
                "ko"
            ),
            ["Content-ETag"] = Header("Names these very bytes.", Text("^\"[0-9a-z-]+\"$"), "\"4bf92f3577b34da6-br\"", required: true),
            ["ETag"] = Header(
                "The version, in quotes. Send it as If-Match with the next change.",
                Text("^\"\\d+(\\.[0-9a-f]+)?\"$"),
                "\"3\"",
                required: true
            ),
            ["Idempotent-Replayed"] = Header(
                "true when the key was used before: this is the first answer again, and nothing was done twice.",
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["true"] },
                "true"
            ),
            ["Location"] = Header(
                "Where it can be read, if it can be read by itself.",
                Text("^/v1/"),
                "/v1/requests/0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d"
            ),
            ["Deprecation"] = Header("Since when the operation is deprecated (RFC 9745).", Text("^@\\d+$"), "@1767225600"),
            ["Link"] = Header("What takes its place (RFC 8288).", Text("^<"), "<https://example.org/docs>; rel=\"deprecation\""),
            ["Sunset"] = Header("From when it answers no more (RFC 8594).", Text(" GMT$"), "Thu, 31 Dec 2026 00:00:00 GMT"),
            ["Preference-Applied"] = Header(
                "return=minimal when the caller preferred no body (RFC 7240), and there is none.",
                new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["return=minimal"] },
                "return=minimal"
            ),
            ["RateLimit"] = Header(
                "Calls that are left in the window, by draft-ietf-httpapi-ratelimit-headers. Absent where no limit is set.",
                Text($"^{RateLimitItem}r=\\d+(;t=\\d+)?(, {RateLimitItem}r=\\d+(;t=\\d+)?)*$"),
                "\"default\";r=5999"
            ),
            ["RateLimit-Policy"] = Header(
                "Calls (q) in a window of w seconds, by the same draft. Absent where no limit is set.",
                Text($"^{RateLimitItem}q=\\d+;w=\\d+(, {RateLimitItem}q=\\d+;w=\\d+)*$"),
                "\"default\";q=6000;w=60"
            ),
            ["Retry-After"] = Header(
                "Seconds to wait before the next try.",
                new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
                30,
                required: true
            ),
            ["Token-Challenge"] = Header("How to authenticate, by RFC 6749.", Text("^B"), "Basic"),
            ["WWW-Authenticate"] = Header(
                "How to authenticate, by RFC 6750.",
                Text("^Bearer( error=\"[a-z_]+\")?$"),
                "Bearer",
                required: true
            ),
        };

    /// <summary>What an answer of a deprecated operation has.</summary>
    private static readonly string[] OfDeprecated = ["Deprecation", "Link", "Sunset"];

    /// <summary>The headers that operations refer to: those of deprecated ones only while there is one.</summary>
    /// <param name="document">Has the operations.</param>
    /// <returns>The headers by name.</returns>
    public static Dictionary<string, IOpenApiHeader> In(OpenApiDocument document)
    {
        var isDeprecated = document
            .Paths.SelectMany(path => path.Value.Operations!.Values)
            .SelectMany(one => one.Responses!.Values)
            .Any(answer => answer.Headers?.ContainsKey(OfDeprecated[0]) == true);
        return All.Where(one => isDeprecated || !OfDeprecated.Contains(one.Key))
            .ToDictionary(one => one.Key, one => (IOpenApiHeader)one.Value);
    }

    /// <summary>What an answer with this status has, or may have.</summary>
    public static IEnumerable<string> Of(int status, IList<object> metadata, bool isVersioned)
    {
        if (status is (200 or 201) && isVersioned)
            yield return "ETag";
        if (status >= 400 || (status is 200 or 201 && metadata.OfType<SpeaksLanguages>().Any()))
            yield return "Content-Language";
        if (status is 201 or 202)
            yield return "Location";
        if (status is 200 or 201 && metadata.OfType<TakesPreference>().Any())
            yield return "Preference-Applied";
        if (metadata.OfType<DeprecatedSince>().Any())
            foreach (var header in OfDeprecated)
                yield return header;
        if (status is 401)
            yield return "WWW-Authenticate";
        else
        {
            yield return "RateLimit";
            yield return "RateLimit-Policy";
        }

        if (status is 429 or 503)
            yield return "Retry-After";
        if (
            metadata.OfType<TakesIdempotencyKey>().Any()
            && status is not (401 or 403 or 404 or 408 or 413 or 415 or 428 or 429 or 500 or 503)
        )
            yield return "Idempotent-Replayed";
        if (status is 200 && metadata.OfType<QueryParameters>().Any(one => one.Names.Contains("format")))
            yield return "Content-Disposition";
    }

    /// <summary>Adds a reference to a header.</summary>
    /// <param name="answer">The answer that has it.</param>
    /// <param name="document">The contract.</param>
    /// <param name="component">Its name among the components.</param>
    /// <param name="name">Its name in HTTP, when that is another.</param>
    public static void Add(OpenApiResponse answer, OpenApiDocument document, string component, string? name = null)
    {
        answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
        answer.Headers[name ?? component] = new OpenApiHeaderReference(component, document);
    }

    private static OpenApiSchema Text(string pattern) => new() { Type = JsonSchemaType.String, Pattern = pattern };

    private static OpenApiHeader Header(string text, OpenApiSchema schema, JsonNode example, bool required = false) =>
        new()
        {
            Description = text,
            Schema = schema,
            Example = example,
            Required = required,
        };
}
