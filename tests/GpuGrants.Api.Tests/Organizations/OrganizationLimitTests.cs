using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Organizations;

/// <summary>Owners limit the members and projects of their organization, and never loosen what others decided.</summary>
public sealed class OrganizationLimitTests
{
    [Fact]
    public async Task A_limit_on_members_denies_in_every_programme_is_pinned_by_version_and_nobody_else_raises_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("9", "review"));
        var reviewer = await world.Reviewer(scene.Programme);
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        var limits = $"/v1/organizations/{scene.Organization}/limits";
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", null, scene.Startup);
        Assert.Equal("approved", (await member.Ask(scene.Programme, 4)).Text_("status"));

        // What a member got before counts too, and in all trees.
        var made = (await scene.Startup.Post(limits, MembersPerMonth(10, "Fair share"))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", (await member.Ask(other, 7)).Text_("status"));
        var denied = await member.Ask(scene.Programme, 6.5m, null, ("Accept-Language", "en"));
        var reason = Assert.Single(denied["decision"]["reasons"]!.AsArray())!;
        Assert.Equal("organization-limit-exceeded", reason["code"]!.GetValue<string>());
        Assert.StartsWith(
            "Your organization's own limit 'Fair share': you may get up to 10 GPU-hours per calendar month.",
            reason["message"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.StartsWith("귀 조직이 정한 한도 'Fair share': 귀하는 매월", await KoreanAsync(member, denied), StringComparison.Ordinal);
        Assert.Equal(6m, denied["decision"]["maxGrantableNow"]!.GetValue<decimal>());
        Assert.Equal("denied", (await member.Post("/v1/requests?dryRun=true", Asked(other, 7))).Text_("status"));

        // Each member has the limit alone, and other organizations have none.
        Assert.Equal("approved", (await scene.Startup.Ask(other, 8)).Text_("status"));
        var (_, stranger) = await world.Organization(name: "Another");
        Assert.Equal("approved", (await stranger.Ask(other, 30)).Text_("status"));

        // Nobody else raises it: not an approval, nor an override, nor an increase. To others it is no policy at all.
        var asked = await member.Ask(scene.Programme, 9.5m);
        Assert.Equal("denied", asked.Text_("status"));
        (await scene.Startup.Patch($"{limits}/{made.Id}", new { limit = 20 }, ("If-Match", made.ETag))).Expect(HttpStatusCode.OK);
        var waiting = await member.Ask(scene.Programme, 9.5m);
        Assert.Equal("in-review", waiting.Text_("status"));
        var seen = await scene.Startup.Get($"{limits}/{made.Id}");
        (await scene.Startup.Patch($"{limits}/{made.Id}", new { limit = 11 }, ("If-Match", seen.ETag))).Expect(HttpStatusCode.OK);
        (await reviewer.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "organization-limit-exceeded"
        );
        (await world.Admin.Post("/v1/quota-overrides", Override(made.Id, member.PrincipalId))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "policyId"
        );
        (await member.Post("/v1/quota-increases", Increase(made.Id))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "policyId");
        (await world.Admin.Get($"/v1/quota-policies/{made.Id}")).Expect(HttpStatusCode.NotFound);
        Assert.DoesNotContain(made.Id.ToString(), (await world.Admin.Get("/v1/quota-policies")).Text, StringComparison.Ordinal);

        // Decisions are pinned to the version that they met.
        var again = (await reviewer.Get($"/v1/decisions/{denied["decision"]["id"]}/replay")).Expect(HttpStatusCode.OK);
        Assert.True(again["same"].GetValue<bool>());
        var whole = (await member.Get($"{limits}/{made.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal([10m, 20m, 11m], whole["versions"].AsArray().Select(one => one!["limit"]!.GetValue<decimal>()));

        (await scene.Startup.Patch($"{limits}/{made.Id}", new { status = "ended" }, ("If-Match", whole.ETag))).Expect(HttpStatusCode.OK);
        (await reviewer.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
        var ended = await scene.Startup.Get($"{limits}/{made.Id}");
        Assert.Equal("ended", ended.Text_("status"));
        (await scene.Startup.Patch($"{limits}/{made.Id}", new { limit = 1 }, ("If-Match", ended.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "limit-ended"
        );
        Assert.Equal(
            "created updated updated ended",
            await world.ScalarAsync<string>(
                "select string_agg(split_part(type, '.', 2), ' ' order by sequence) from events where resource_id = $1",
                made.Id.ToString()
            )
        );
        await CountersAgreeAsync(world);
    }

    [Fact]
    public async Task A_limit_on_projects_holds_while_requests_race_in_two_programmes_and_never_loosens_a_rule()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("30"));
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        var organization = $"/v1/organizations/{scene.Organization}";
        var project = (await scene.Startup.Post($"{organization}/projects", new { name = "Vision" })).Id;
        var limit = new
        {
            level = "project",
            subjectId = project,
            measure = "active-grants",
            window = "concurrent",
            limit = 5,
        };
        (await scene.Startup.Post($"{organization}/limits", limit)).Expect(HttpStatusCode.Created);
        var asked = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => scene.Startup.Ask(i % 2 == 0 ? scene.Programme : other, 1, new { projectId = project }))
        );
        Assert.Equal(5, asked.Count(one => one.Text_("status") == "approved"));
        // Without the project only the programme's own rule counts, and a generous limit does not loosen it.
        Assert.Equal("approved", (await scene.Startup.Ask(other, 20)).Text_("status"));
        (await scene.Startup.Post($"{organization}/limits", MembersPerMonth(1_000))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 31)).Text_("status"));

        // The limit is the owners' alone, states what it can count, and stays within bounds.
        var member = await world.Member($"{organization}/members", null, scene.Startup);
        (await member.Post($"{organization}/limits", MembersPerMonth(1))).Expect(HttpStatusCode.Forbidden);
        (await scene.Startup.Post($"{organization}/limits", limit with { subjectId = scene.Offer })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "subjectId"
        );
        (await scene.Startup.Post($"{organization}/limits", limit with { window = "month" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "window"
        );
        (await scene.Startup.Post($"{organization}/limits", limit with { limit = -1 })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "limit"
        );
        await CountersAgreeAsync(world);

        // However many ask at once, an organization has 50.
        var (id, owner) = await world.Organization(name: "Another");
        var made = await Task.WhenAll(
            Enumerable.Range(1, 60).Select(i => owner.Post($"/v1/organizations/{id}/limits", MembersPerMonth(i)))
        );
        Assert.Equal(50, made.Count(one => one.Status == HttpStatusCode.Created));
        foreach (var one in made.Where(one => one.Status != HttpStatusCode.Created))
            one.ExpectProblem(HttpStatusCode.Conflict, "too-many-limits");
    }

    private static object MembersPerMonth(decimal hours, string? title = null) =>
        new
        {
            title,
            level = "member",
            measure = "gpu-hours-granted",
            window = "month",
            limit = hours,
        };

    private static JsonObject Asked(Guid programme, decimal hours) =>
        new()
        {
            ["programmeId"] = programme,
            ["gpuHours"] = hours,
            ["purpose"] = "Fine-tune a model",
        };

    private static object Override(Guid policy, Guid subject) =>
        new
        {
            policyId = policy,
            ruleId = "organization-limit",
            subject = subject.ToString(),
            effect = "replace",
            amount = 100,
            reason = "A favour",
        };

    private static object Increase(Guid policy) =>
        new
        {
            policyId = policy,
            ruleId = "organization-limit",
            limit = 100,
            reason = "A favour",
        };

    private static async Task<string> KoreanAsync(Person person, Reply asked) =>
        (await person.Get($"/v1/requests/{asked.Id}", ("Accept-Language", "ko")))["decision"]["reasons"]![0]![
            "message"
        ]!.GetValue<string>();

    private static async Task CountersAgreeAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        Assert.Equal(0L, (await CounterVerifier.VerifyAsync(connection)).Found);
    }
}
