using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>The API's contract, <c>openapi/v1.json</c>, is what the service says of itself, and says enough.</summary>
public sealed class ContractTests(ReadWorld read) : IClassFixture<ReadWorld>
{
    private const string Approve = "GPUGRANTS_APPROVE=1 ./gpugrants test ContractTests";

    [Fact]
    public async Task The_service_answers_what_the_approved_contract_says()
    {
        var served = await ServedAsync();
        var path = Repository.File("openapi", "v1.json");
        if (Environment.GetEnvironmentVariable("GPUGRANTS_APPROVE") == "1")
            await File.WriteAllTextAsync(path, served);
        var approved = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
        Assert.True(
            approved == served,
            $"openapi/v1.json differs from what the service serves, first here:\n{FirstDifference(approved, served)}\nIf "
                + $"the change is meant, approve it with\n  {Approve}\nand commit openapi/v1.json. After a merge conflict in "
                + "that file, do the same."
        );
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_and_what_it_refuses()
    {
        var lacks = new List<string>();
        foreach (var (name, path, operation) in Operations(JsonNode.Parse(await ServedAsync())!))
        {
            foreach (var member in (string[])["summary", "description", "operationId"])
                if (operation[member]?.GetValue<string>() is not { Length: > 3 })
                    lacks.Add($"{name}: {member} (Says)");
            if (!path.StartsWith("/v1/", StringComparison.Ordinal))
                continue;
            var answers = operation["responses"]!.AsObject();
            foreach (var status in Needed(path).Where(status => !answers.ContainsKey(status)))
                lacks.Add($"{name}: answer {status} (Refuses)");
            foreach (var (status, answer) in answers)
                if (status[0] is '4' or '5' && answer!["content"]?["application/problem+json"] is null)
                    lacks.Add($"{name}: {status} is no problem document");
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
                if (parameter!["description"] is null || parameter["example"] is null)
                    lacks.Add($"{name}: description or example of {parameter["name"]}");
        }

        Assert.True(lacks.Count == 0, "The contract lacks:\n" + string.Join('\n', lacks));
    }

    [Fact]
    public async Task Every_field_has_a_description_and_what_it_is_made_of_an_example()
    {
        var schemas = JsonNode.Parse(await ServedAsync())!["components"]!["schemas"]!.AsObject();
        var lacks = new List<string>();
        foreach (var (schema, definition) in schemas)
        {
            if (definition!["description"] is null)
                lacks.Add($"{schema}: description");
            foreach (var (field, value) in definition["properties"]?.AsObject() ?? [])
            {
                if (value!["description"] is null)
                    lacks.Add($"{schema}.{field}: description");
                if (value["example"] is null && !IsMadeOfSchemas(value))
                    lacks.Add($"{schema}.{field}: example");
            }
        }

        Assert.True(
            lacks.Count == 0,
            "The contract lacks (write an XML summary; names that recur are in Contract/FieldTexts.cs, examples in "
                + "Contract/ExampleValues.cs):\n"
                + string.Join('\n', lacks)
        );
    }

    [Fact]
    public async Task Every_operation_shows_a_call_that_happened()
    {
        var lacks = new List<string>();
        foreach (
            var (name, _, operation) in Operations(JsonNode.Parse(await ServedAsync())!)
                .Where(one => one.Path.StartsWith("/v1/", StringComparison.Ordinal))
        )
        {
            if (operation["requestBody"]?["required"]?.GetValue<bool>() == true && Json(operation["requestBody"]) is { } sent)
                if (sent["example"] is null)
                    lacks.Add($"{name}: what it takes");
            var shown = operation["responses"]!
                .AsObject()
                .Where(one => one.Key[0] == '2')
                .Select(one => Json(one.Value))
                .OfType<JsonNode>();
            if (shown.Any() && shown.All(one => one["example"] is null))
                lacks.Add($"{name}: what it answers");
        }

        Assert.True(
            lacks.Count == 0,
            "The contract lacks examples (openapi/README.md says how they are recorded):\n" + string.Join('\n', lacks)
        );

        static JsonNode? Json(JsonNode? of) => of?["content"]?["application/json"];
    }

    [Fact]
    public async Task The_page_shows_the_contract_and_gets_tokens()
    {
        var world = read.World;
        var page = await world.Http.GetAsync("/docs/index.html");
        Assert.True(page.IsSuccessStatusCode);
        var document = JsonNode.Parse(await ServedAsync())!;
        Assert.Equal(
            "/oauth/token",
            document["components"]!["securitySchemes"]!["oauth2"]!["flows"]!["clientCredentials"]!["tokenUrl"]!.GetValue<string>()
        );
    }

    [Fact]
    public async Task Groups_and_schemas_have_names_for_people()
    {
        var document = JsonNode.Parse(await ServedAsync())!;
        var groups = document["tags"]!.AsArray().Select(one => one!["name"]!.GetValue<string>()).ToHashSet();
        Assert.All(document["tags"]!.AsArray(), one => Assert.NotEmpty(one!["description"]!.GetValue<string>()));
        Assert.All(Operations(document), one => Assert.Contains(one.Operation["tags"]!.AsArray().Single()!.GetValue<string>(), groups));
        Assert.Equal(
            [],
            document["components"]!["schemas"]!
                .AsObject()
                .Select(pair => pair.Key)
                .Where(name => ((string[])["View", "Body", "Document", "Dto", "Row"]).Any(name.EndsWith))
        );
    }

    [Fact]
    public async Task Every_refusal_lists_its_codes()
    {
        foreach (
            var (name, _, operation) in Operations(JsonNode.Parse(await ServedAsync())!)
                .Where(one => one.Path.StartsWith("/v1/", StringComparison.Ordinal))
        )
        foreach (var (status, answer) in operation["responses"]!.AsObject().Where(one => one.Key[0] is '4' or '5'))
        {
            Assert.True(answer!["x-codes"]?.AsArray() is { Count: > 0 }, $"{name} lists no code for {status} (Contract/AnswerCodes.cs)");
            Assert.All(answer["x-codes"]!.AsArray(), code => Assert.Equal(status, $"{ProblemKinds.Of(code!.GetValue<string>()).Status}"));
        }
    }

    /// <summary>What every endpoint may answer, and what this one may by what it takes.</summary>
    private static IEnumerable<string> Needed(string path) =>
        (string[])["400", "401", "403", "429", "500", "503", .. path.Contains('{', StringComparison.Ordinal) ? (string[])["404"] : []];

    private static IEnumerable<(string Name, string Path, JsonObject Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select ($"{operation.Key.ToUpperInvariant()} {path.Key}", path.Key, operation.Value!.AsObject());

    /// <summary>Pages show an example of such a field by the examples of what it refers to.</summary>
    private static bool IsMadeOfSchemas(JsonNode field) =>
        field["allOf"] is not null
        || field["$ref"] is not null
        || field["items"]?["$ref"] is not null
        || field["additionalProperties"] is not null;

    private static string FirstDifference(string approved, string served)
    {
        var (old, now) = (approved.Split('\n'), served.Split('\n'));
        var line = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"  line {line + 1}\n  approved: {old.ElementAtOrDefault(line)}\n  served:   {now.ElementAtOrDefault(line)}";
    }

    /// <summary>With a line a member and paths and schemas in order, so that changes from many hands merge.</summary>
    private async Task<string> ServedAsync()
    {
        // Not by the world's client, which holds answers against the contract that is approved, not against the new one.
        using var http = new HttpClient { BaseAddress = read.World.Address };
        var document = JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json"))!.AsObject();
        document["paths"] = Sorted(document["paths"]!.AsObject());
        document["components"]!["schemas"] = Sorted(document["components"]!["schemas"]!.AsObject());
        return document
                .ToJsonString(
                    new JsonSerializerOptions
                    {
                        WriteIndented = true,
                        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                    }
                )
                .ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Sorted(JsonObject members) =>
        new(
            members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))
        );
}
