using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Hosting;

/// <summary>Examples of the API page.</summary>
internal static class ExampleValues
{
    private static readonly Dictionary<string, Func<JsonNode>> ByName = new(StringComparer.Ordinal)
    {
        ["gpuHours"] = () => 20.5m,
        ["gpus"] = () => 1,
        ["gpuModel"] = () => "h100-80gb",
        ["gpuModels"] = () => new JsonArray("h100-80gb", "a100-80gb"),
        ["region"] = () => "kr-central",
        ["country"] = () => "KR",
        ["kind"] = () => "startup",
        ["purpose"] = () => "Fine-tune a speech model for our beta",
        ["durationDays"] = () => 30,
        ["timeZone"] = () => "Asia/Seoul",
        ["rate"] = () => 2.5m,
        ["credits"] = () => 1_000m,
        ["name"] = () => "Hangang Robotics",
        ["status"] = () => "active",
        ["version"] = () => 1,
        ["tags"] = () => new JsonArray("speech"),
        ["reason"] = () => "Agreed with the sponsor on 3 March",
        ["comment"] = () => "Good luck with the beta",
        ["website"] = () => "https://example.org",
        ["code"] = () => "quota-exceeded",
        ["scopes"] = () => new JsonArray("read", "request"),
    };

    public static JsonNode? Of(string name, OpenApiSchema schema)
    {
        if (ByName.TryGetValue(name, out var make)) return make();
        var type = schema.Type & ~JsonSchemaType.Null;
        return (type, schema.Format) switch
        {
            (JsonSchemaType.String, "uuid") => "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
            (JsonSchemaType.String, "date-time") => "2026-03-01T09:00:00Z",
            (JsonSchemaType.String, _) => "text",
            (JsonSchemaType.Integer, _) => 1,
            (JsonSchemaType.Number, _) => 1.5m,
            (JsonSchemaType.Boolean, _) => true,
            _ => null,
        };
    }
}
