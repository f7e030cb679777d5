using System.Text.Json.Nodes;
using GpuGrants.Api.Http;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>The headers of answers.</summary>
internal static class AnswerHeaders
{
    private const string RateLimitItem = "\"[a-z]+\";";

    /// <summary>What an answer with this status has, or may have.</summary>
    public static void Add(OpenApiResponse answer, int status, IList<object> metadata, bool isVersioned)
    {
        var headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        if (status is >= 200 and < 300 && isVersioned)
            headers["ETag"] = ETag;
        if (status is 201 or 202)
            headers["Location"] = Location;
        if (status is 401)
            headers["WWW-Authenticate"] = Challenge;
        else
        {
            headers["RateLimit"] = RateLimit;
            headers["RateLimit-Policy"] = RateLimitPolicy;
        }

        if (status is 429 or 503)
            headers["Retry-After"] = RetryAfter;
        if (metadata.OfType<TakesIdempotencyKey>().Any() && status is not (401 or 403 or 404 or 413 or 415 or 428 or 429 or 503))
            headers["Idempotent-Replayed"] = Replayed;
        answer.Headers = headers;
    }

    public static OpenApiHeader RetryAfter => Header("Seconds to wait before the next try.", Whole(1), 30, required: true);

    public static OpenApiHeader RateLimit =>
        Header(
            "Calls that are left in the window, by draft-ietf-httpapi-ratelimit-headers. Absent where no limit is set.",
            Text($"^{RateLimitItem}r=\\d+(;t=\\d+)?(, {RateLimitItem}r=\\d+(;t=\\d+)?)*$"),
            "\"default\";r=5999"
        );

    public static OpenApiHeader RateLimitPolicy =>
        Header(
            "Calls (q) in a window of so many seconds (w), by the same draft. Absent where no limit is set.",
            Text($"^{RateLimitItem}q=\\d+;w=\\d+(, {RateLimitItem}q=\\d+;w=\\d+)*$"),
            "\"default\";q=6000;w=60"
        );

    public static OpenApiHeader TokenChallenge => Header("How to authenticate, by RFC 6749.", Text("^B"), "Basic");

    public static OpenApiHeader ContractETag =>
        Header("Names these very bytes.", Text("^\"[0-9a-z-]+\"$"), "\"4bf92f3577b34da6-br\"", required: true);

    public static OpenApiHeader FileName =>
        Header("With CSV: a name for the file.", Text("^attachment; filename="), "attachment; filename=\"transfers.csv\"");

    private static OpenApiHeader ETag =>
        Header("The version, in quotes. Send it as If-Match with the next change.", Text("^\"\\d+\"$"), "\"3\"", required: true);

    private static OpenApiHeader Location =>
        Header("Where it can be read, if it can be read by itself.", Text("^/v1/"), "/v1/requests/0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d");

    private static OpenApiHeader Challenge =>
        Header("How to authenticate, by RFC 6750.", Text("^Bearer( error=\"[a-z_]+\")?$"), "Bearer", required: true);

    private static OpenApiHeader Replayed =>
        Header(
            "true when the key was used before: this is the first answer again, and nothing was done twice.",
            new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["true"] },
            "true"
        );

    private static OpenApiSchema Text(string pattern) => new() { Type = JsonSchemaType.String, Pattern = pattern };

    private static OpenApiSchema Whole(int least) =>
        new() { Type = JsonSchemaType.Integer, Minimum = least.ToString(System.Globalization.CultureInfo.InvariantCulture) };

    private static OpenApiHeader Header(string text, OpenApiSchema schema, JsonNode example, bool required = false) =>
        new()
        {
            Description = text,
            Schema = schema,
            Example = example,
            Required = required,
        };
}
