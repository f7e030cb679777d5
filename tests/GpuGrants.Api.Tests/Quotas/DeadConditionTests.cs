using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Checking and publishing a policy warn of every kind of name, id and word for which a rule would wait in vain.</summary>
public sealed class DeadConditionTests
{
    private const string Nobody = "00000000-0000-7000-8000-0000000000a1";

    /// <summary>What a rule states, and the field that the warning names. In <c>ELSEWHERE</c> is what another programme has.</summary>
    public static TheoryData<string, string> Dead =>
        new()
        {
            { """ "filter":{"gpuModels":["b300"]} """, "filter.gpuModels 'b300'" },
            { """ "filter":{"gpuModels":["H100"]} """, "filter.gpuModels 'H100'" },
            { """ "filter":{"gpuModels":["h100","b300"]} """, "filter.gpuModels 'b300'" },
            { """ "filter":{"gpuClasses":["consumer"]} """, "filter.gpuClasses 'consumer'" },
            { """ "filter":{"gpuClasses":["Datacenter"]} """, "filter.gpuClasses 'Datacenter'" },
            { """ "filter":{"minGpuMemoryGib":81} """, "filter.minGpuMemoryGib '81'" },
            { """ "filter":{"regions":["us-east"]} """, "filter.regions 'us-east'" },
            { """ "filter":{"regions":["jp-west"]} """, "filter.regions 'jp-west'" },
            { """ "filter":{"regions":["KR-Central"]} """, "filter.regions 'KR-Central'" },
            { """ "filter":{"tags":["Class"]} """, "filter.tags 'Class'" },
            { """ "filter":{"tags":["speech recognition"]} """, "filter.tags 'speech recognition'" },
            { $$""" "filter":{"providers":["{{Nobody}}"]} """, $"filter.providers '{Nobody}'" },
            { $$""" "filter":{"offers":["{{Nobody}}"]} """, $"filter.offers '{Nobody}'" },
            { """ "filter":{"offers":["ELSEWHERE-OFFER"]} """, "filter.offers 'ELSEWHERE-OFFER'" },
            { $$""" "filter":{"partners":["{{Nobody}}"]} """, $"filter.partners '{Nobody}'" },
            { $$""" "subject":{"level":"programme","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { """ "subject":{"level":"programme","ids":["ELSEWHERE"]} """, "subject.ids 'ELSEWHERE'" },
            { $$""" "subject":{"level":"organization","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { $$""" "subject":{"level":"project","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { $$""" "subject":{"level":"member","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { $$""" "subject":{"level":"person","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { $$""" "subject":{"level":"partner","ids":["{{Nobody}}"]} """, $"subject.ids '{Nobody}'" },
            { Shared(Nobody), $"sharing.nodes '{Nobody}'" },
            { Shared("ELSEWHERE"), "sharing.nodes 'ELSEWHERE'" },
        };

    /// <summary>What no document may state, because it matches nothing whatever is added later.</summary>
    public static TheoryData<string, string> Impossible =>
        new()
        {
            { """ "filter":{"minGpuMemoryGib":0} """, "document.rules[0].filter.minGpuMemoryGib" },
            { """ "filter":{"minOrganizationAgeDays":40000} """, "document.rules[0].filter.minOrganizationAgeDays" },
            { """ "filter":{"maxOrganizationAgeDays":0} """, "document.rules[0].filter.maxOrganizationAgeDays" },
            {
                """ "filter":{"minOrganizationAgeDays":30,"maxOrganizationAgeDays":30} """,
                "document.rules[0].filter.maxOrganizationAgeDays"
            },
            { """ "subject":{"level":"organization","kinds":["circus"]} """, "document.rules[0].subject.kinds" },
            { $$""" "subject":{"level":"organization-kind","ids":["{{Nobody}}"]} """, "document.rules[0].subject.ids" },
        };

    [Theory]
    [MemberData(nameof(Dead))]
    public async Task A_rule_that_waits_in_vain_is_published_with_a_warning_that_names_what_is_not_there(string members, string named)
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, elsewhere) = await StageAsync(world);
        string Filled(string text) =>
            text.Replace("ELSEWHERE-OFFER", $"{elsewhere.Offer}", StringComparison.Ordinal)
                .Replace("ELSEWHERE", $"{elsewhere.Programme}", StringComparison.Ordinal)
                .Replace("HERE", $"{scene.Programme}", StringComparison.Ordinal);
        var document = Document(Filled(members));
        var check = await world.Admin.Post("/v1/quota-policies/validate", new { programmeId = scene.Programme, document });
        Assert.True(check.Expect(HttpStatusCode.OK)["valid"].GetValue<bool>(), check.Text);
        Assert.Contains(Filled(named), Assert.Single(Warned(check)), StringComparison.Ordinal);
        Assert.Contains(Filled(named), Assert.Single(Warned(await PublishAsync(world, scene, document))), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task A_rule_that_nothing_can_ever_meet_is_refused(string members, string field)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var body = new
        {
            programmeId = scene.Programme,
            name = "Rules",
            document = Document(members),
        };
        (await world.Admin.Post("/v1/quota-policies", body)).ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid", field);
    }

    [Fact]
    public async Task A_rule_of_what_is_there_makes_no_such_warning()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, _) = await StageAsync(world);
        var project = await scene.Startup.Post($"/v1/organizations/{scene.Organization}/projects", new { name = "Speech" });
        var partner = await world.Admin.Post("/v1/partners", new { name = "Portal" });
        var member = (await scene.Startup.Get("/v1/me")).Text_("principalId");
        string[] alive =
        [
            """ "filter":{"gpuModels":["h100"],"gpuClasses":["datacenter"],"minGpuMemoryGib":80,"regions":["kr-central"],"tags":["any"]} """,
            $$""" "filter":{"providers":["{{scene.Provider}}"],"offers":["{{scene.Offer}}"],"partners":["{{partner.Id}}"]} """,
            $$""" "subject":{"level":"programme","ids":["{{scene.Programme}}"]} """,
            $$""" "subject":{"level":"organization","ids":["{{scene.Organization}}"]} """,
            $$""" "subject":{"level":"project","ids":["{{project.Id}}"]} """,
            $$""" "subject":{"level":"member","ids":["{{member}}"]} """,
            $$""" "subject":{"level":"partner","ids":["{{partner.Id}}"]} """,
            Shared($"{scene.Programme}"),
        ];
        foreach (var members in alive)
            Assert.Empty(Warned(await PublishAsync(world, scene, Document(members))));
    }

    private static async Task<(Scene Here, (Guid Programme, Guid Offer) Elsewhere)> StageAsync(TestWorld world)
    {
        var scene = await world.Scene();
        var programme = await world.Programme(100);
        return (scene, (programme, await scene.Operator.Offer(programme, scene.Provider, region: "jp-west")));
    }

    private static async Task<Reply> PublishAsync(TestWorld world, Scene scene, JsonNode document)
    {
        var body = new
        {
            programmeId = scene.Programme,
            name = "Rules",
            document,
        };
        var made = (await world.Admin.Post("/v1/quota-policies", body)).Expect(HttpStatusCode.Created);
        return (await world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag))).Expect(
            HttpStatusCode.OK
        );
    }

    private static string[] Warned(Reply reply) =>
        [
            .. (reply.Body?["warnings"]?.AsArray() ?? [])
                .Where(one => one!["code"]!.GetValue<string>() == "never-matches")
                .Select(one => one!["message"]!.GetValue<string>()),
        ];

    private static string Shared(string programme) =>
        $$""" "subject":{"level":"programme"},"window":{"kind":"lifetime"},"sharing":{"nodes":[{"programmeId":"{{programme}}","nominal":{"gpuHours":"1"} }]} """;

    private static JsonNode Document(string members)
    {
        var rule = JsonNode.Parse($"{{{members}}}")!.AsObject();
        rule["id"] = "one";
        rule["measure"] = "gpu-hours-granted";
        rule["outcome"] = "deny";
        rule["subject"] ??= new JsonObject { ["level"] = "organization" };
        rule["window"] ??= new JsonObject { ["kind"] = "per-request" };
        if (rule["sharing"] is null)
            rule["limit"] = new JsonObject { ["gpuHours"] = "10" };
        return new JsonObject { ["rules"] = new JsonArray(rule) };
    }
}
