using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>Examples of the API page.</summary>
internal static class ExampleValues
{
    private static readonly Dictionary<string, Func<JsonNode>> ByName = new(StringComparer.Ordinal)
    {
        ["gpuHours"] = () => 20.5m,
        ["gpus"] = () => 1,
        ["birthYear"] = () => 2009,
        ["gpuModel"] = () => "h100-80gb",
        ["gpuModels"] = () => new JsonArray("h100-80gb", "a100-80gb"),
        ["region"] = () => "kr-central",
        ["country"] = () => "KR",
        ["purpose"] = () => "Fine-tune a speech model for our beta",
        ["durationDays"] = () => 30,
        ["timeZone"] = () => "Asia/Seoul",
        ["rate"] = () => 2.5m,
        ["credits"] = () => 1_000m,
        ["name"] = () => "Hangang Robotics",
        ["version"] = () => 1,
        ["tags"] = () => new JsonArray("speech"),
        ["reason"] = () => "Agreed with the sponsor on 3 March",
        ["comment"] = () => "Good luck with the beta",
        ["website"] = () => "https://example.org",
        ["code"] = () => "quota-exceeded",
        ["scopes"] = () => new JsonArray("read", "request"),
        ["externalId"] = () => "customer-7",
        ["metadata"] = () => new JsonObject { ["plan"] = "starter" },
        ["document"] = () =>
            JsonNode.Parse(
                ""
                    + """{"rules":[{"id":"per-month","measure":"gpu-hours-granted","subject":{"level":"organization"},"window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"},"outcome":"deny"}]}"""
            )!,
        ["eligibleKinds"] = () => new JsonArray("startup", "student"),
        ["eligibleCountries"] = () => new JsonArray("KR"),
        ["eligibleEmailDomains"] = () => new JsonArray("example.org"),
        ["verifiedEmailDomains"] = () => new JsonArray("example.org"),
        ["change"] = () =>
            new JsonObject
            {
                ["ruleId"] = "per-month",
                ["subject"] = "startup",
                ["effect"] = "add",
                ["amount"] = 20,
            },
        ["data"] = () => new JsonObject { ["requestId"] = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d", ["status"] = "approved" },
        ["errors"] = () => new JsonObject { ["gpuHours"] = new JsonArray("State GPU-hours from 0.01 to 100,000,000 in steps of 0.01.") },
    };

    /// <summary>Words and figures that look like the real ones.</summary>
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["types"] = "request.approved,grant.*",
        ["resource"] = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
        ["programme"] = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
        ["unit"] = "credit",
        ["gpuClass"] = "datacenter",
        ["vendor"] = "NVIDIA",
        ["verdict"] = "approved",
        ["decidedBy"] = "rule",
        ["rule"] = "per-month",
        ["ruleId"] = "per-month",
        ["measure"] = "gpu-hours-granted",
        ["subjectLevel"] = "organization",
        ["subject"] = "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
        ["window"] = "calendar",
        ["outcome"] = "deny",
        ["effect"] = "add",
        ["role"] = "organization-member",
        ["policyName"] = "Starter rules",
        ["title"] = "Hours in a month",
        ["field"] = "gpuHours",
        ["old"] = "20",
        ["new"] = "40",
        ["endReason"] = "The job is done",
        ["ownerName"] = "Kim Minji",
        ["ownerSubject"] = "248289761001",
        ["organizationName"] = "Hangang Robotics",
        ["organizationKind"] = "startup",
        ["note"] = "Agreed with the sponsor on 3 March",
        ["clientId"] = "cl_0190f5d28c1e7c3a9b1d2f3e4a5b6c7d",
        ["clientSecret"] = "gg_shown-once",
        ["type"] = "/problems/invalid",
        ["detail"] = "State GPU-hours from 0.01 to 100,000,000 in steps of 0.01.",
        ["message"] = "20 of 20 GPU-hours of this month are used.",
        ["wouldPass"] = "0 GPU-hours now; 20 from 1 April on.",
        ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        ["sponsor"] = "Seoul Startup Hub",
        ["description"] = "For young companies that train their first models",
        ["nextCursor"] = "AZD10owefDqbHS8-SltsfVx0Yk1hY3RhZw",
        ["cursor"] = "AZD10owefDqbHS8-SltsfVx0Yk1hY3RhZw",
        ["If-Match"] = "\"3\"",
        ["Idempotency-Key"] = "8e03978e-40d5-43e8-bc93-6894a57f9324",
        ["kind"] = "startup",
        ["status"] = "active",
        ["asOf"] = "2026-03-01T09:00:00Z",
        ["from"] = "2026-03-01T00:00:00Z",
        ["to"] = "2026-04-01T00:00:00Z",
        ["createdFrom"] = "2026-03-01T00:00:00Z",
        ["createdTo"] = "2026-04-01T00:00:00Z",
        ["updatedSince"] = "2026-03-01T00:00:00Z",
        ["sort"] = "-created",
        ["link"] = "https://portal.example/redeem",
        ["weights"] = "student:2,enterprise:0",
    };

    /// <summary>Moments that come after others.</summary>
    private static readonly Dictionary<string, string> Moments = new(StringComparer.Ordinal)
    {
        ["to"] = "2026-04-01T00:00:00Z",
        ["from"] = "2026-03-01T00:00:00Z",
        ["startedAt"] = "2026-03-01T08:00:00Z",
        ["startsAt"] = "2026-03-02T00:00:00Z",
        ["updatedAt"] = "2026-03-01T10:00:00Z",
        ["decidedAt"] = "2026-03-01T10:00:00Z",
        ["recordedAt"] = "2026-03-01T10:00:00Z",
        ["finishedAt"] = "2026-03-01T10:00:00Z",
        ["expiresAt"] = "2026-04-01T00:00:00Z",
        ["endsAt"] = "2026-04-01T00:00:00Z",
        ["endedAt"] = "2026-03-31T09:00:00Z",
        ["retiredFrom"] = "2026-04-01T00:00:00Z",
    };

    /// <summary>A value that the schema lets in: one of its words, else what the name suggests if that has the type, else any.</summary>
    public static JsonNode? Of(string name, OpenApiSchema schema)
    {
        var type = schema.Type & ~JsonSchemaType.Null;
        if (schema.Enum is [{ } first, ..])
            return (schema.Enum.FirstOrDefault(one => one?.ToString() == Words.GetValueOrDefault(name)) ?? first).DeepClone();
        // A code that was mailed; other codes are words.
        if (schema.Pattern is { } pattern && pattern.Contains(@"\d[ -]*", StringComparison.Ordinal))
            return "4815 1623";
        // A grant code, wherever one is asked for: no other text has its bounds.
        if (schema is { MinLength: 20, MaxLength: 60 } && type == JsonSchemaType.String)
            return "BFBE-196Z-42H0-6DSM-WXE2";
        if (ByName.TryGetValue(name, out var make) && make() is { } made && IsOf(type, made))
            return made;
        return (type, schema.Format) switch
        {
            (JsonSchemaType.String, "uuid") => "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",
            (JsonSchemaType.String, "date-time") => Moments.GetValueOrDefault(name, "2026-03-01T09:00:00Z"),
            (JsonSchemaType.String, "date") => "2026-03-01",
            (JsonSchemaType.String, _) => Words.GetValueOrDefault(name)
                ?? (name.EndsWith("Id", StringComparison.Ordinal) || name == "id" ? "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d" : "text"),
            (JsonSchemaType.Integer, _) => name == "status" ? 409 : 1,
            (JsonSchemaType.Number, _) => 1.5m,
            (JsonSchemaType.Boolean, _) => true,
            (JsonSchemaType.Array, _) when schema.Items is OpenApiSchema { Type: { } } items => Of("", items) is { } item
                ? new JsonArray(item)
                : null,
            _ => null,
        };
    }

    private static bool IsOf(JsonSchemaType? type, JsonNode value) =>
        value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.Array => type == JsonSchemaType.Array,
            System.Text.Json.JsonValueKind.Number => type is JsonSchemaType.Number or JsonSchemaType.Integer,
            System.Text.Json.JsonValueKind.String => type == JsonSchemaType.String,
            // What has no type of its own may be anything.
            System.Text.Json.JsonValueKind.Object => type is null or 0 or JsonSchemaType.Object,
            _ => true,
        };
}
