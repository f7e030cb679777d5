using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

public sealed class IncreaseTests
{
    private static readonly object WithCeiling = new
    {
        id = "lifetime",
        measure = "gpu-hours-granted",
        subject = new { level = "organization" },
        window = new { kind = "lifetime" },
        limit = new { gpuHours = "20" },
        increaseCeiling = new { gpuHours = "50" },
        outcome = "deny",
    };

    [Fact]
    public async Task An_increase_up_to_the_ceiling_is_granted_at_once_and_the_next_request_uses_it()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 50)).Text_("status"));
        var increase = (await Ask(scene.Startup, policy, 50)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", increase.Text_("status"));
        Assert.Equal((20m, 50m, 50m), (increase.Number("limitThen"), increase.Number("wanted"), increase.Number("granted")));
        Assert.Equal("within-ceiling", increase["decision"]["code"]!.GetValue<string>());
        Assert.Equal("rule", increase["decision"]["decidedBy"]!.GetValue<string>());
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 50)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m)).Text_("status"));
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'quota-increase.approved' and resource_id = $1",
                increase.Id.ToString()
            )
        );
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'quota-override.created' and resource_id = $1",
                increase.Text_("overrideId")
            )
        );
    }

    [Fact]
    public async Task What_is_said_comes_in_the_language_that_the_caller_prefers_then_and_later()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        var asked = (
            await scene.Startup.Post(
                "/v1/quota-increases",
                new
                {
                    policyId = policy,
                    ruleId = "lifetime",
                    limit = 80,
                    reason = "논문 마감",
                },
                ("Accept-Language", "ko-KR,en;q=0.5")
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Contains("담당자가 결정", asked["decision"]["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("limits up to 50 GPU-hours are granted at once", (await Said("en")), StringComparison.Ordinal);
        Assert.Equal(asked["decision"]["message"]!.GetValue<string>(), await Said("ko"));
        (await world.Admin.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("담당자가 승인했습니다.", await Said("ko"));
        Assert.Equal("A reviewer approved it.", await Said("en"));

        async Task<string> Said(string language) =>
            (await scene.Startup.Get($"/v1/quota-increases/{asked.Id}", ("Accept-Language", language)))["decision"][
                "message"
            ]!.GetValue<string>();
    }

    [Fact]
    public async Task A_reviewer_grants_less_than_was_asked_above_the_ceiling()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        var reviewer = await world.Reviewer(scene.Programme);
        await Ask(scene.Startup, policy, 40);
        var asked = (await Ask(scene.Startup, policy, 500)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(("in-review", 40m), (asked.Text_("status"), asked.Number("limitThen")));
        var queue = (await reviewer.Get($"/v1/quota-increases?programmeId={scene.Programme}&status=in-review")).Expect(HttpStatusCode.OK);
        Assert.Equal(asked.Id.ToString(), Assert.Single(queue["data"].AsArray())!["id"]!.GetValue<string>());
        (await reviewer.Post($"/v1/quota-increases/{asked.Id}/approve", new { limit = 501 }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "limit"
        );
        (await reviewer.Post($"/v1/quota-increases/{asked.Id}/approve", new { limit = 40 }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "not-higher",
            "limit"
        );
        var approved = (
            await reviewer.Post(
                $"/v1/quota-increases/{asked.Id}/approve",
                new { limit = 100, comment = "Start with this" },
                ("If-Match", asked.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal(("approved", 100m), (approved.Text_("status"), approved.Number("granted")));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 100)).Text_("status"));
        var verdicts = (await scene.Startup.Get($"/v1/quota-increases/{asked.Id}/decisions")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(["review", "approved"], verdicts.Select(one => one!["verdict"]!.GetValue<string>()));
        Assert.Equal("Start with this", verdicts[1]!["message"]!.GetValue<string>());
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from quota_overrides where ended_at is null"));
    }

    [Fact]
    public async Task A_denied_or_withdrawn_increase_changes_no_limit_and_stays_as_it_is()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, Scenes.Lifetime("20"));
        var reviewer = await world.Reviewer(scene.Programme);
        var first = await Ask(scene.Startup, policy, 30);
        (await reviewer.Post($"/v1/quota-increases/{first.Id}/deny", new { reason = "Not yet" }, ("If-Match", "\"7\""))).ExpectProblem(
            HttpStatusCode.PreconditionFailed,
            "stale"
        );
        (await reviewer.Post($"/v1/quota-increases/{first.Id}/deny", new { reason = "Not yet" })).ExpectProblem(
            HttpStatusCode.PreconditionRequired,
            "precondition-required"
        );
        var denied = (
            await reviewer.Post($"/v1/quota-increases/{first.Id}/deny", new { reason = "Not yet" }, ("If-Match", first.ETag))
        ).Expect(HttpStatusCode.OK);
        Assert.Equal(("denied", "Not yet"), (denied.Text_("status"), denied["decision"]["message"]!.GetValue<string>()));
        var second = await Ask(scene.Startup, policy, 30);
        Assert.Equal(
            "withdrawn",
            (await scene.Startup.Post($"/v1/quota-increases/{second.Id}/withdraw")).Expect(HttpStatusCode.OK).Text_("status")
        );
        (await reviewer.Post($"/v1/quota-increases/{second.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "increase-not-open"
        );
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 30)).Text_("status"));
    }

    [Fact]
    public async Task An_increase_that_nobody_could_grant_is_denied_with_the_reason()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        var denied = (await Ask(scene.Startup, policy, 20)).Expect(HttpStatusCode.Created);
        Assert.Equal(("denied", "not-higher"), (denied.Text_("status"), denied["decision"]["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Only_a_limit_of_ones_own_can_be_raised()
    {
        await using var world = await TestWorld.StartAsync();
        object Rule(string id, object subject) =>
            new
            {
                id,
                measure = "requests-made",
                subject,
                window = new { kind = "lifetime" },
                limit = new { count = 9 },
                outcome = "deny",
            };
        var (scene, policy) = await Start(
            world,
            Rule("all", new { level = "platform" }),
            Rule("students", new { level = "organization", kinds = new[] { "student" } }),
            Rule("project", new { level = "project" }),
            Rule("me", new { level = "member" })
        );
        foreach (var (rule, field) in new[] { ("all", "ruleId"), ("students", "ruleId"), ("project", "projectId"), ("none", "ruleId") })
            (await Ask(scene.Startup, policy, 20, rule)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
        var mine = (await Ask(scene.Startup, policy, 20, "me")).Expect(HttpStatusCode.Created);
        Assert.Equal("count", mine.Text_("unit"));
    }

    [Fact]
    public async Task Strangers_see_nothing_and_applicants_do_not_decide()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, Scenes.Lifetime("20"));
        var asked = await Ask(scene.Startup, policy, 30);
        var (_, stranger) = await world.Organization(name: "Somebody else");
        var elsewhere = await world.Reviewer(await world.Programme());
        (await stranger.Get($"/v1/quota-increases/{asked.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await stranger.Post($"/v1/quota-increases/{asked.Id}/withdraw")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await elsewhere.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        (await scene.Startup.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(
            HttpStatusCode.Forbidden
        );
        Assert.Empty((await stranger.Get("/v1/quota-increases")).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Equal("in-review", (await scene.Startup.Get($"/v1/quota-increases/{asked.Id}")).Text_("status"));
    }

    [Fact]
    public async Task Many_increases_at_once_leave_one_override_in_force()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        Person[] callers = [scene.Startup, scene.Startup.On(second)];
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Ask(callers[i % 2], policy, 30 + i)));
        Assert.All(replies, reply => reply.Expect(HttpStatusCode.Created));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from quota_overrides where ended_at is null"));
        Assert.Equal(49 * 3_600L, await world.ScalarAsync<long>("select amount from quota_overrides where ended_at is null"));
    }

    [Fact]
    public async Task While_a_factor_lowers_the_limit_a_person_decides_and_the_granted_limit_holds()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        var lowered = await Override(world, scene, policy, "multiply", 0.5m, world.Now, null);
        var asked = (await Ask(scene.Startup, policy, 15)).Expect(HttpStatusCode.Created);
        Assert.Equal(
            ("in-review", "lowered", 10m),
            (asked.Text_("status"), asked["decision"]["code"]!.GetValue<string>(), asked.Number("limitThen"))
        );
        (await world.Admin.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m)).Text_("status"));
        var listed = (await world.Admin.Get($"/v1/quota-overrides?policyId={policy}"))["data"].AsArray();
        Assert.NotNull(listed.Single(one => one!["id"]!.GetValue<string>() == $"{lowered}")!["endedAt"]);
    }

    [Fact]
    public async Task An_override_of_a_later_period_neither_blocks_an_increase_nor_loses_to_it()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, WithCeiling);
        await Override(world, scene, policy, "replace", 90, world.Now.AddHours(2), world.Now.AddHours(4));
        var increase = (await Ask(scene.Startup, policy, 40)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", 20m), (increase.Text_("status"), increase.Number("limitThen")));
        await AssertLimitAsync(40);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup);
        await AssertLimitAsync(90);
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup);
        await AssertLimitAsync(40);

        async Task AssertLimitAsync(int hours)
        {
            Assert.Equal("approved", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, hours))).Text_("status"));
            Assert.Equal("denied", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, hours + 1))).Text_("status"));
        }
    }

    private static object Request(Scene scene, decimal gpuHours) =>
        new
        {
            programmeId = scene.Programme,
            gpuHours,
            purpose = "Fine-tune a model",
        };

    private static async Task<Guid> Override(
        TestWorld world,
        Scene scene,
        Guid policy,
        string effect,
        decimal amount,
        DateTimeOffset startsAt,
        DateTimeOffset? expiresAt
    ) => (
            await world.Admin.Post(
                "/v1/quota-overrides",
                new
                {
                    policyId = policy,
                    ruleId = "lifetime",
                    subject = scene.Organization,
                    effect,
                    amount,
                    startsAt,
                    expiresAt,
                    reason = "It was agreed",
                }
            )
        ).Expect(HttpStatusCode.Created).Id;

    [Fact]
    public async Task A_list_goes_on_where_the_page_before_ended()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, policy) = await Start(world, Scenes.Lifetime("20"));
        for (var i = 0; i < 3; i++)
        {
            await Ask(scene.Startup, policy, 30 + i);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var first = (await scene.Startup.Get($"/v1/quota-increases?limit=2&policyId={policy}")).Expect(HttpStatusCode.OK);
        var rest = (await scene.Startup.Get($"/v1/quota-increases?limit=2&policyId={policy}&cursor={first.Text_("nextCursor")}")).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(
            [32m, 31m, 30m],
            first["data"].AsArray().Concat(rest["data"].AsArray()).Select(one => one!["wanted"]!.GetValue<decimal>())
        );
    }

    private static async Task<(Scene Scene, Guid Policy)> Start(TestWorld world, params object[] rules)
    {
        var scene = await world.Scene();
        return (scene, await world.Policy(scene.Programme, rules));
    }

    private static Task<Reply> Ask(Person person, Guid policy, decimal limit, string rule = "lifetime") =>
        person.AskIncrease(policy, rule, limit);
}
