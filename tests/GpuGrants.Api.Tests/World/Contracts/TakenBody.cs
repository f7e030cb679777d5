using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>What a service took of a JSON body: all of it, but for records that the answer refuses one by one.</summary>
internal static class TakenBody
{
    /// <summary>Formats that no schema of the contract describes.</summary>
    private static readonly string[] Others = ["application/x-ndjson", "application/cloudevents-batch+json"];

    /// <returns>Null when it took nothing, or the body is not one JSON document.</returns>
    public static async Task<JsonElement?> OfAsync(HttpRequestMessage request, byte[]? sent, HttpResponseMessage response)
    {
        if (sent is not { Length: > 0 } || request.Content!.Headers.ContentType?.MediaType is { } type && Others.Contains(type))
            return null;
        var body = JsonDocument.Parse(sent).RootElement;
        if (response.Content.Headers.ContentType?.MediaType != "application/json" || response.Content.Headers.ContentEncoding.Count > 0)
            return body;
        var answer = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync()) as JsonObject;
        if (answer?["results"] is not JsonArray results || body.ValueKind != JsonValueKind.Object)
            return body;
        if (!results.Any(result => IsRefused(result)) || !body.TryGetProperty("records", out var records))
            return body;
        var taken = records.EnumerateArray().Where((_, i) => !IsRefused(results[i])).ToArray();
        return taken.Length == 0 ? null : JsonSerializer.SerializeToElement(new { records = taken });
    }

    private static bool IsRefused(JsonNode? result) => result is JsonObject one && one["status"]?.ToString() == "refused";
}
