using System.Text.Json.Nodes;
using CsCheck;
using NJsonSchema;

namespace GpuGrants.Tests.Quotas;

/// <summary>The published JSON Schema and the parser agree about the shape of documents.</summary>
public class PolicySchemaTests
{
    private const string Rule = """
        {"id":"r","measure":"gpu-hours-granted","subject":{"level":"organization"},"window":{"kind":"per-request"},"limit":{"gpuHours":"20"},"outcome":"deny"}
        """;

    private static readonly JsonSchema Schema = Load();

    public static TheoryData<string, string> Broken =>
        new()
        {
            { "[]", "wrong-type" },
            { "{}", "missing" },
            { """{"rules":{}}""", "wrong-type" },
            { """{"rules":[1]}""", "wrong-type" },
            { """{"rules":[],"colour":"red"}""", "unknown-field" },
            { With("\"description\":1,"), "wrong-type" },
            { With("\"shadow\":\"yes\","), "wrong-type" },
            { With("", Rule.Replace("\"id\":\"r\",", "", StringComparison.Ordinal)), "missing" },
            { With("", Rule.Replace("\"outcome\":\"deny\"", "\"outcome\":\"forbid\"", StringComparison.Ordinal)), "unknown-value" },
            { With("", Rule.Replace("gpu-hours-granted", "gpu-hours-dreamt", StringComparison.Ordinal)), "unknown-value" },
            { With("", Rule.Replace("{\"level\":\"organization\"}", "{}", StringComparison.Ordinal)), "missing" },
            { With("", Rule.Replace("{\"level\":\"organization\"}", "\"organization\"", StringComparison.Ordinal)), "wrong-type" },
            { With("", Rule.Replace("\"organization\"", "\"village\"", StringComparison.Ordinal)), "unknown-value" },
            { With("", Rule.Replace("\"organization\"}", "\"organization\",\"ids\":[\"x\"]}", StringComparison.Ordinal)), "wrong-type" },
            { With("", Rule.Replace("\"organization\"}", "\"organization\",\"kinds\":[]}", StringComparison.Ordinal)), "never-matches" },
            { With("", Rule.Replace("{\"gpuHours\":\"20\"}", "20", StringComparison.Ordinal)), "wrong-type" },
            { With("", Rule.Replace("{\"gpuHours\":\"20\"}", "{\"credits\":\"20\"}", StringComparison.Ordinal)), "mixed-units" },
            { With("", Rule.Replace("\"20\"", "\"-20\"", StringComparison.Ordinal)), "negative-limit" },
            { With("", Rule.Replace("\"20\"", "-20", StringComparison.Ordinal)), "negative-limit" },
            { With("", Rule.Replace("\"20\"", "\"20.001\"", StringComparison.Ordinal)), "invalid-limit" },
            { With("", Rule.Replace("\"20\"", "true", StringComparison.Ordinal)), "invalid-limit" },
            { With("", Rule.Replace("\"20\"", "\"9999999999\"", StringComparison.Ordinal)), "invalid-limit" },
            {
                With(
                    "",
                    Rule.Replace("{\"kind\":\"per-request\"}", "{\"kind\":\"rolling\",\"duration\":\"P1M\"}", StringComparison.Ordinal)
                ),
                "invalid-duration"
            },
            {
                With(
                    "",
                    Rule.Replace("{\"kind\":\"per-request\"}", "{\"kind\":\"rolling\",\"duration\":\"a week\"}", StringComparison.Ordinal)
                ),
                "invalid-duration"
            },
            { With("", Rule.Replace("\"outcome\"", "\"refund\":\"yes\",\"outcome\"", StringComparison.Ordinal)), "wrong-type" },
            { With("", Rule.Replace("\"outcome\"", "\"approvals\":{\"count\":1.5},\"outcome\"", StringComparison.Ordinal)), "wrong-type" },
            { With("", Rule.Replace("\"outcome\"", "\"approvals\":{\"by\":[1]},\"outcome\"", StringComparison.Ordinal)), "wrong-type" },
            {
                With("", Rule.Replace("\"outcome\"", "\"filter\":{\"minGpuMemoryGib\":\"80\"},\"outcome\"", StringComparison.Ordinal)),
                "wrong-type"
            },
            {
                With(
                    "",
                    Rule.Replace(
                        "\"outcome\"",
                        "\"sharing\":{\"nodes\":[{\"nominal\":{\"gpuHours\":\"1\"}}]},\"outcome\"",
                        StringComparison.Ordinal
                    )
                ),
                "missing"
            },
        };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_the_parser_refuses_the_schema_refuses(string json, string code)
    {
        Assert.Contains(PolicyParser.Parse(json).Problems, problem => problem.Code == code);
        Assert.NotEmpty(Schema.Validate(json));
    }

    [Fact]
    public void A_valid_document_passes()
    {
        Assert.Empty(PolicyParser.Parse(With("")).Problems);
        Assert.Empty(Schema.Validate(With("")));
    }

    [Fact]
    public void The_schema_lists_the_same_words_as_the_rules()
    {
        var schema = JsonNode.Parse(Text())!["$defs"]!;
        var (rule, subject) = (schema["rule"]!["properties"]!, schema["subject"]!["properties"]!);
        Assert.Equal(QuotaMeasure.All.Select(measure => measure.Word), Listed(rule["measure"]!));
        Assert.Equal(Words.All<BreachOutcome>().Order(), Listed(rule["outcome"]!).Order());
        Assert.Equal(Words.All<SubjectLevel>(), Listed(subject["level"]!));
        Assert.Equal(OrganizationKinds.All, Listed(subject["kinds"]!["items"]!));
        Assert.Equal(
            QuotaWindow.KindWords.Order(),
            schema["window"]!["oneOf"]!.AsArray().SelectMany(one => Listed(one!["properties"]!["kind"]!)).Order()
        );
    }

    private static IEnumerable<string> Listed(JsonNode choice) => choice["enum"]!.AsArray().Select(word => word!.GetValue<string>());

    [Fact]
    public void Every_worked_example_passes() => Assert.All(Examples.Names, name => Assert.Empty(Schema.Validate(Examples.Json(name))));

    [Fact]
    public void Every_document_that_may_be_published_passes() =>
        Documents.All.Sample(document => Assert.Empty(Schema.Validate(PolicyWriter.Write(document))), iter: 300);

    /// <summary>The validator resolves references by the older name of the same keyword.</summary>
    private static JsonSchema Load() =>
        JsonSchema.FromJsonAsync(Text().Replace("$defs", "definitions", StringComparison.Ordinal)).GetAwaiter().GetResult();

    private static string Text() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "quota-policy.schema.json"));

    private static string With(string members, string rule = Rule) => $"{{{members}\"rules\":[{rule}]}}";
}
