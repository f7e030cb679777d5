using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>What somebody is told who writes a policy that cannot be, or that limits nobody.</summary>
public sealed class PolicyCheckTests
{
    [Theory]
    [InlineData("""{"limit":{"gpuHours":"-1"}}""", "negative-limit", "limit")]
    [InlineData("""{"limit":{"count":3}}""", null, "limit")]
    [InlineData("""{"limit":{"gpuHours":"99999999999999"}}""", null, "limit")]
    [InlineData("""{"window":{"kind":"calendar","unit":"month","timeZone":"Mars/Olympus"}}""", "unknown-time-zone", "window.timeZone")]
    [InlineData("""{"window":{"kind":"concurrent"}}""", "mixed-units", "window.kind")]
    [InlineData("""{"subject":{"level":"organization","kinds":["circus"]}}""", "never-matches", "subject.kinds")]
    [InlineData(
        """{"filter":{"minOrganizationAgeDays":10,"maxOrganizationAgeDays":5}}""",
        "never-matches",
        "filter.maxOrganizationAgeDays"
    )]
    [InlineData("""{"outcome":"deny","approvals":{"count":2}}""", "contradiction", "approvals")]
    [InlineData("""{"increaseCeiling":{"gpuHours":"1"}}""", "contradiction", "increaseCeiling")]
    [InlineData("""{"surprise":true}""", null, "surprise")]
    public async Task A_policy_that_means_nothing_is_refused_with_rule_and_field(string change, string? code, string field)
    {
        await using var world = await TestWorld.StartAsync();
        var rule = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Scenes.PerMonth("20")))!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
            rule[name] = value?.DeepClone();
        var refused = await world.Admin.Post("/v1/quota-policies", new { name = "Rules", document = new { rules = new[] { rule } } });
        refused.ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid");
        var (key, messages) = Assert.Single(refused["errors"].AsObject());
        Assert.Contains(field, key, StringComparison.Ordinal);
        if (code is not null)
            Assert.StartsWith($"{code}: Rule 'per-month'", messages![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from quota_policies"));
    }

    [Fact]
    public async Task A_borrowing_cycle_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        object Node(Guid programmeId, Guid parentId) =>
            new
            {
                programmeId,
                parentId,
                nominal = new { gpuHours = "10" },
            };
        var rule = new
        {
            id = "shared",
            measure = "gpu-hours-granted",
            subject = new { level = "programme" },
            window = new { kind = "lifetime" },
            sharing = new { nodes = new[] { Node(a, b), Node(b, a) } },
            outcome = "deny",
        };
        var refused = (
            await world.Admin.Post("/v1/quota-policies", new { name = "Rules", document = new { rules = new[] { rule } } })
        ).ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid");
        Assert.Contains("borrowing-cycle", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_nothing_bears_are_warned_of_when_a_document_is_checked_and_when_it_is_published()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var elsewhere = await world.Programme();
        var elsewhereOffer = await scene.Operator.Offer(elsewhere, scene.Provider, region: "us-east");
        object Rule(string id, object? filter = null, object? subject = null) =>
            new
            {
                id,
                measure = "gpu-hours-granted",
                subject = subject ?? new { level = "organization" },
                filter = filter ?? new { },
                window = new { kind = "per-request" },
                limit = new { gpuHours = "1" },
                outcome = "shadow",
            };
        var document = new
        {
            rules = new[]
            {
                Rule("model", new { gpuModels = new[] { "h100", "b300" } }),
                Rule("case", new { gpuModels = new[] { "H100" }, tags = new[] { "Class" } }),
                Rule("class", new { gpuClasses = new[] { "consumer" } }),
                Rule("region", new { regions = new[] { "us-east" } }),
                Rule("provider", new { providers = new[] { Guid.NewGuid() } }),
                Rule("offer", new { offers = new[] { elsewhereOffer } }),
                Rule("programme", subject: new { level = "programme", ids = new[] { elsewhere } }),
                Rule("member", subject: new { level = "member", ids = new[] { Guid.NewGuid() } }),
                Rule(
                    "good",
                    new
                    {
                        gpuModels = new[] { "h100" },
                        gpuClasses = new[] { "datacenter" },
                        regions = new[] { "kr-central" },
                        providers = new[] { scene.Provider },
                        offers = new[] { scene.Offer },
                        tags = new[] { "class" },
                    },
                    new { level = "organization", ids = new[] { scene.Organization } }
                ),
            },
        };
        string[] all = ["case", "case", "class", "member", "model", "offer", "programme", "provider", "region"];
        var check = (await world.Admin.Post("/v1/quota-policies/validate", new { programmeId = scene.Programme, document })).Expect(
            HttpStatusCode.OK
        );
        Assert.True(check["valid"].GetValue<bool>());
        Assert.Equal(all, Warned(check));
        // Whoever does not administer the programme learns nothing of offers and subjects.
        var asked = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = scene.Programme, document });
        Assert.Equal(all.Except(["member", "offer", "programme"]), Warned(asked.Expect(HttpStatusCode.OK)).Distinct());
        // On the whole platform the other programme's offers count too.
        var platform = await world.Admin.Post("/v1/quota-policies/validate", new { document });
        Assert.DoesNotContain("offer", Warned(platform.Expect(HttpStatusCode.OK)));
        var missing = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = Guid.NewGuid(), document });
        missing.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "programmeId");
        // A private programme is none to strangers.
        var hidden = (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Hidden",
                    timeZone = "UTC",
                    visibility = "private",
                }
            )
        ).Expect(HttpStatusCode.Created);
        var seen = await scene.Startup.Post("/v1/quota-policies/validate", new { programmeId = hidden.Id, document });
        seen.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "programmeId");
        Assert.Equal(missing["errors"].ToJsonString(), seen["errors"].ToJsonString());
        (await world.Admin.Post("/v1/quota-policies/validate", new { programmeId = hidden.Id, document })).Expect(HttpStatusCode.OK);

        Assert.Equal(all, Warned(await world.PublishedPolicy(scene.Programme, document)));

        static IEnumerable<string> Warned(Reply reply) =>
            reply["warnings"]
                .AsArray()
                .Where(one => one!["code"]!.GetValue<string>() == "never-matches")
                .Select(one => one!["ruleId"]!.GetValue<string>())
                .Order(StringComparer.Ordinal);
    }
}
