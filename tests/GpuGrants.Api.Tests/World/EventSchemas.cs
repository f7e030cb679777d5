using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using NJsonSchema;
using Npgsql;

namespace GpuGrants.Api.Tests.World;

/// <summary>The schemas of events, and whether what a database holds keeps to them.</summary>
internal static class EventSchemas
{
    /// <summary>Far more than most tests write.</summary>
    private const int MaxEvents = 2_000;

    private static readonly Lazy<Dictionary<string, JsonSchema>> Parsed = new(() =>
        EventCatalogue.All.Values.ToDictionary(type => Key(type.Name, type.Version), type => Parse(Schema(type)))
    );

    private static readonly JsonSerializerOptions Indented = new(ApiJson.Options) { WriteIndented = true };

    /// <summary>The schema of a type's data, as the file in the catalogue's folder has it.</summary>
    public static string Schema(EventType type)
    {
        var schema = ApiJson
            .Options.GetJsonSchemaAsNode(
                type.Data,
                new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe }
            )
            .AsObject();
        var whole = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["$id"] = $"urn:gpugrants:event:{type.Name}:{type.Version}",
            ["title"] = type.Name,
            ["description"] = type.Summary,
        };
        foreach (var (name, value) in schema)
            whole[name] = value?.DeepClone();
        return whole.ToJsonString(Indented) + "\n";
    }

    public static string FileOf(EventType type) => $"{type.Name}.v{type.Version}.json";

    /// <summary>Fails when an event's type is none of the catalogue, or its data are not what the type's schema says.</summary>
    public static async Task CheckAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        try
        {
            await connection.OpenAsync();
        }
        catch (PostgresException gone) when (gone.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // The test itself has dropped the database.
            return;
        }

        await using var command = new NpgsqlCommand($"select type, type_version, data::text from events limit {MaxEvents}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var wrong = new List<string>();
        while (await reader.ReadAsync())
        {
            var (key, data) = (Key(reader.GetString(0), reader.GetInt32(1)), reader.GetString(2));
            if (!Parsed.Value.TryGetValue(key, out var schema))
                wrong.Add($"{key}: not in the catalogue");
            else
                wrong.AddRange(schema.Validate(data).Select(error => $"{key}: {error} in {data}"));
        }

        Assert.True(wrong.Count == 0, "Stored events differ from their schemas:\n" + string.Join('\n', wrong.Distinct()));
    }

    private static string Key(string type, int version) => $"{type}, version {version}";

    private static JsonSchema Parse(string schema) => JsonSchema.FromJsonAsync(schema).GetAwaiter().GetResult();

    /// <summary>Numbers have a converter of our own, which tells the exporter nothing.</summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema) =>
        context.TypeInfo.Type == typeof(decimal) ? new JsonObject { ["type"] = "number" } : schema;
}
