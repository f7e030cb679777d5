using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Whoever states the largest numbers that JSON readers take, in all fields of a body at once, is refused by a rule.</summary>
public sealed partial class LargestNumbersTests
{
    private static readonly JsonNode Contract = JsonNode.Parse(File.ReadAllText(Repository.File("openapi", "v1.json")))!;

    [Fact]
    public async Task No_body_of_largest_numbers_fails_the_service()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var callers = cast
            .Callers.Where(one => one.Name is "platform administrator" or "provider operator" or "organization owner" or "partner")
            .ToList();
        var failed = new List<string>();
        var asked = 0;
        foreach (var (method, pattern, isOpen, schema) in Operations(world))
        foreach (var largest in (decimal[])[int.MaxValue, long.MaxValue, decimal.MaxValue])
        foreach (var (name, person) in callers)
        {
            var body = Filled(schema, largest)!;
            var path = isOpen ? Cast.MissingPath(pattern) : cast.Path(pattern);
            var reply = await person.Send(new HttpMethod(method), path, body.ToJsonString(), [Person.AnyVersion]);
            asked++;
            if (reply.Status >= HttpStatusCode.InternalServerError)
                failed.Add($"{method} {pattern} as {name}: {reply.Text} for {body.ToJsonString()}");
        }

        Assert.True(asked > 1_000, $"Only {asked} calls were made.");
        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    /// <summary>Every operation that takes JSON, by the pattern of its route.</summary>
    private static IEnumerable<(string Method, string Pattern, bool IsOpen, JsonNode Schema)> Operations(TestWorld world) =>
        from endpoint in world.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        let operation = Contract["paths"]![Constraint().Replace(pattern, "}")]?[method.ToLowerInvariant()]
        let schema = operation?["requestBody"]?["content"]?["application/json"]?["schema"]
        where schema is not null && pattern.StartsWith("/v1/", StringComparison.Ordinal)
        select (method, pattern, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null, schema);

    /// <summary>A value of the schema in which each number is the largest of its type, and each word is the last one.</summary>
    private static JsonNode? Filled(JsonNode schema, decimal largest, int depth = 0)
    {
        if (schema["$ref"] is { } named)
            return Filled(Contract["components"]!["schemas"]![named.GetValue<string>().Split('/')[^1]]!, largest, depth);
        if (schema["allOf"] is JsonArray { Count: > 0 } all)
            return Filled(all[0]!, largest, depth);
        if (schema["enum"] is JsonArray { Count: > 0 } words)
            return words.Last(word => word is not null)!.DeepClone();
        return (schema["type"]?.GetValue<string>(), schema["format"]?.GetValue<string>()) switch
        {
            ("integer", "int32") => JsonValue.Create(Math.Min(largest, int.MaxValue)),
            ("integer", _) => JsonValue.Create(Math.Min(largest, long.MaxValue)),
            ("number", _) => JsonValue.Create(largest),
            ("boolean", _) => JsonValue.Create(true),
            ("array", _) when depth < 5 && schema["items"] is { } items => new JsonArray(Filled(items, largest, depth + 1)),
            ("string", "uuid") => JsonValue.Create(Guid.CreateVersion7()),
            ("string", "date-time") => JsonValue.Create("9999-12-31T23:59:59Z"),
            ("string", _) => JsonValue.Create("x"),
            _ when depth < 5 && schema["properties"] is JsonObject fields => new JsonObject(
                fields.Select(field => KeyValuePair.Create(field.Key, Filled(field.Value!, largest, depth + 1)))
            ),
            _ => new JsonObject(),
        };
    }

    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();
}
