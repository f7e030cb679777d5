using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>
/// Rules as people might write them: any measure that fits a window, any subject, any outcome, with limits small enough to matter.
/// </summary>
internal static class RandomRules
{
    private static readonly string[] Measures =
    [
        "gpu-hours-granted",
        "gpu-hours-used",
        "credits-granted",
        "active-grants",
        "grants-awarded",
        "concurrent-gpus",
        "open-requests",
        "requests-made",
    ];
    private static readonly string[] Levels = ["platform", "programme", "organization-kind", "organization", "member"];
    private static readonly string[] Outcomes = ["deny", "deny", "deny", "review", "review", "shadow"];
    private static readonly string[] Windows = [.. QuotaWindow.KindWords];

    /// <summary>A document with so many rules that may be published together.</summary>
    public static JsonObject Document(Random random, int rules)
    {
        var document = new JsonObject { ["rules"] = new JsonArray() };
        while (document["rules"]!.AsArray().Count < rules)
        {
            var longer = document.DeepClone().AsObject();
            longer["rules"]!.AsArray().Add(Rule(random, $"rule-{document["rules"]!.AsArray().Count}"));
            if (PolicyParser.Parse(longer.ToJsonString()).Document is { } parsed && PolicyValidator.Validate(parsed, "UTC").Count == 0)
                document = longer;
        }

        return document;
    }

    private static JsonObject Rule(Random random, string id)
    {
        var measure = Pick(random, Measures);
        var level = Pick(random, Levels);
        var wide = level is "platform" or "programme" or "organization-kind";
        var rule = new JsonObject
        {
            ["id"] = id,
            ["measure"] = measure,
            ["subject"] = new JsonObject { ["level"] = level },
            ["window"] = Window(random),
            ["limit"] = Limit(random, measure, wide),
            ["outcome"] = Pick(random, Outcomes),
        };
        if (random.Next(3) == 0)
            rule["filter"] = new JsonObject { ["tags"] = new JsonArray("a") };
        if (rule["window"]!["kind"]!.GetValue<string>() is "calendar" or "anchored" && random.Next(2) == 0)
            rule["window"]!["carryOver"] = new JsonObject
            {
                ["min"] = Limit(random, measure, wide: false, scale: 0),
                ["max"] = Limit(random, measure, wide: false),
            };
        if (measure is "gpu-hours-granted" or "credits-granted" && random.Next(2) == 0)
            rule["refund"] = true;
        return rule;
    }

    private static JsonObject Window(Random random)
    {
        var kind = Pick(random, Windows);
        return kind switch
        {
            "per-request" or "concurrent" or "lifetime" => new JsonObject { ["kind"] = kind },
            "calendar" => new JsonObject { ["kind"] = kind, ["unit"] = Pick(random, ["hour", "day"]) },
            "anchored" => new JsonObject
            {
                ["kind"] = kind,
                ["length"] = Pick(random, ["P1D", "P1M"]),
                ["anchor"] = "2024-01-31",
            },
            "rolling" or "first-use" => new JsonObject { ["kind"] = kind, ["duration"] = Pick(random, ["PT1H", "PT5H"]) },
            _ => throw new InvalidOperationException($"Say here what a window of kind '{kind}' is made of."),
        };
    }

    /// <summary>One amount that two programmes share: the child borrows and lends within bounds.</summary>
    public static JsonObject Shared(Guid root, Guid child) =>
        JsonNode
            .Parse(
                $$"""
                {"rules":[{"id":"shared","measure":"gpu-hours-granted","subject":{"level":"programme"},"window":{"kind":"lifetime"},"outcome":"deny","sharing":{"nodes":[
                    {"programmeId":"{{root}}","nominal":{"gpuHours":"{{RootNominal}}"} },
                    {"programmeId":"{{child}}","parentId":"{{root}}","nominal":{"gpuHours":"{{ChildNominal}}"},"borrowingLimit":{"gpuHours":"{{ChildBorrows}}"},"lendingLimit":{"gpuHours":"{{ChildLends}}"} }] } }] }
                """
            )!
            .AsObject();

    public const int RootNominal = 250;
    public const int ChildNominal = 100;
    public const int ChildBorrows = 80;
    public const int ChildLends = 40;

    private static JsonObject Limit(Random random, string measure, bool wide, int scale = 1) =>
        measure switch
        {
            _ when scale == 0 => new JsonObject
            {
                [
                    measure switch
                    {
                        "gpu-hours-granted" or "gpu-hours-used" => "gpuHours",
                        "credits-granted" => "credits",
                        _ => "count",
                    }
                ] = measure is "gpu-hours-granted" or "gpu-hours-used" or "credits-granted" ? "0" : 0,
            },
            "gpu-hours-granted" or "gpu-hours-used" => new JsonObject
            {
                ["gpuHours"] = (wide ? 400 : random.Next(8, 60)).ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
            "credits-granted" => new JsonObject
            {
                ["credits"] = (wide ? 400 : random.Next(8, 60)).ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
            _ => new JsonObject { ["count"] = wide ? 120 : random.Next(3, 30) },
        };

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
