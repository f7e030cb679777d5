using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

[Trait("Part", "Quick")]
public sealed class MainJobTests
{
    [Fact]
    public async Task A_startup_holds_a_grant_in_the_answer_to_one_call()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("100"));
        var answer = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", answer.Text_("status"));
        Assert.Equal(20, answer["grant"]["gpuHours"]!.GetValue<decimal>());
        Assert.Equal(980, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(980 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
        Assert.Equal(answer.Text_("grantId"), (await scene.Startup.Get($"/v1/requests/{answer.Id}")).Text_("grantId"));
    }

    [Fact]
    public async Task Usage_draws_a_grant_down_and_closing_returns_the_rest()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        await world.PassAsync(scene, hours: 5);
        var record = new
        {
            id = Guid.NewGuid(),
            grantId = grant,
            gpus = 1,
            startedAt = world.Now.AddHours(-3),
            endedAt = world.Now.AddHours(-1),
        };
        var report = (await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
        Assert.Equal("recorded", report["results"][0]!["status"]!.GetValue<string>());
        Assert.Equal(
            "repeated",
            (await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } }))["results"][0]![
                "status"
            ]!.GetValue<string>()
        );
        Assert.Equal(8, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));
        var closed = (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        // Of five hours until the end, two were reported.
        Assert.Equal(("ending", "closed", 5), (closed.Text_("status"), closed.Text_("endedAs"), closed.Number("returnedGpuHours")));
        var settled = (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", 8), (settled.Text_("status"), settled.Number("returnedGpuHours")));
        Assert.Equal(998, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(2, await world.Balance(scene.Provider, "earned"));
        Assert.Equal(7_200, await world.Balance(scene.Provider, "delivered", "gpu:h100"));
    }

    [Fact]
    public async Task A_reviewer_approves_less_and_the_rest_of_the_hold_returns()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", asked.Text_("status"));
        Assert.Equal(960, await world.Balance(scene.Programme, "budget"));
        var queue = (await reviewer.Get("/v1/reviews")).Expect(HttpStatusCode.OK);
        Assert.Equal(asked.Id.ToString(), queue["data"][0]!["request"]!["id"]!.GetValue<string>());
        var approved = (
            await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { gpuHours = 25, comment = "Good luck" }, ("If-Match", asked.ETag))
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", approved.Text_("status"));
        Assert.Equal(25, approved["grant"]["gpuHours"]!.GetValue<decimal>());
        Assert.Equal(975, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task Two_reviewers_at_once_one_wins_and_the_other_is_told_that_it_changed()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var replies = await Task.WhenAll(
            reviewers[0].Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag)),
            reviewers[1].Post($"/v1/requests/{asked.Id}/deny", new { reason = "Too much" }, ("If-Match", asked.ETag))
        );
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], replies.Select(reply => reply.Status).Order());
    }

    [Fact]
    public async Task A_denial_is_an_outcome_that_names_the_rule_and_what_would_pass()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        var denied = (await scene.Startup.Ask(scene.Programme, 40)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", denied.Text_("status"));
        var reason = denied["decision"]["reasons"]![0]!;
        Assert.Equal("quota-exceeded", reason["code"]!.GetValue<string>());
        Assert.Equal("per-month", reason["quota"]!["rule"]!.GetValue<string>());
        Assert.Equal(30, denied["decision"]["maxGrantableNow"]!.GetValue<decimal>());
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        var accepted = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", accepted.Text_("status"));
        Assert.Equal(30, accepted.Number("gpuHours"));
    }

    [Fact]
    public async Task A_dry_run_says_what_a_request_would_get_and_writes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        var body = new
        {
            programmeId = scene.Programme,
            gpuHours = 30,
            purpose = "Try",
        };
        var dry = (await scene.Startup.Post("/v1/requests?dryRun=true", body)).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", dry.Text_("status"));
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from requests"));
        Assert.Equal("approved", (await scene.Startup.Post("/v1/requests", body)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post("/v1/requests?dryRun=true", body)).Text_("status"));
    }

    [Fact]
    public async Task A_review_that_nobody_decides_releases_its_hold_by_itself()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        await world.PassAsync(TimeSpan.FromHours(169), scene.Startup);
        Assert.Equal("expired", (await scene.Startup.Get($"/v1/requests/{asked.Id}")).Text_("status"));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_grant_that_has_expired_returns_what_is_unused_once_on_any_number_of_replicas()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 1 })).Text_("grantId");
        world.Clock.Advance(TimeSpan.FromDays(2));
        await Task.WhenAll(world.PassAsync(TimeSpan.Zero, scene.Startup), second.PassAsync(TimeSpan.Zero));
        var ended = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal(("ended", "expired"), (ended.Text_("status"), ended.Text_("endedAs")));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from events where type = 'grant.expired'"));
    }

    [Fact]
    public async Task The_applicant_amends_and_withdraws_while_the_request_is_open()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var amended = (await scene.Startup.Post($"/v1/requests/{asked.Id}/amend", new { gpuHours = 50 }, ("If-Match", asked.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("in-review", amended.Text_("status"));
        Assert.Equal(950, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(
            "withdrawn",
            (await scene.Startup.Post($"/v1/requests/{asked.Id}/withdraw")).Expect(HttpStatusCode.OK).Text_("status")
        );
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        (await scene.Startup.Post($"/v1/requests/{asked.Id}/withdraw")).ExpectProblem(HttpStatusCode.Conflict, "request-not-open");
    }

    [Fact]
    public async Task An_amendment_that_the_rules_allow_is_granted_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var amended = (await scene.Startup.Post($"/v1/requests/{asked.Id}/amend", new { gpuHours = 10 }, ("If-Match", asked.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("approved", amended.Text_("status"));
        Assert.Equal(990, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task The_cheapest_suitable_offer_serves()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var dear = await scene.Operator.Offer(scene.Programme, scene.Provider, rate: 3, region: "eu-west");
        var cheap = await scene.Operator.Offer(scene.Programme, scene.Provider, rate: 0.5m, max: 5);
        Assert.Equal(cheap.ToString(), (await scene.Startup.Ask(scene.Programme, 5))["grant"]["offerId"]!.GetValue<string>());
        Assert.Equal(scene.Offer.ToString(), (await scene.Startup.Ask(scene.Programme, 6))["grant"]["offerId"]!.GetValue<string>());
        Assert.Equal(
            dear.ToString(),
            (await scene.Startup.Ask(scene.Programme, 1, new { region = "eu-west" }))["grant"]["offerId"]!.GetValue<string>()
        );
    }

    [Fact]
    public async Task The_service_picks_a_programme_that_approves_when_none_is_named()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 5);
        var rich = await world.Programme(100);
        await scene.Operator.Offer(rich, scene.Provider);
        await world.Programme(100, terms: new { eligibleKinds = new[] { "student" } });
        var answer = await scene.Startup.Post("/v1/requests", new { gpuHours = 20, purpose = "Try" });
        Assert.Equal("approved", answer.Text_("status"));
        Assert.Equal(rich.ToString(), answer.Text_("programmeId"));
    }

    [Fact]
    public async Task A_nested_programme_may_spend_the_budget_above_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100);
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        Assert.Equal("approved", (await scene.Startup.Ask(child, 30)).Text_("status"));
        Assert.Equal(70, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task Headroom_agrees_with_what_a_request_gets()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), Scenes.ActiveGrants(2)]);
        await scene.Startup.Ask(scene.Programme, 12);
        var quotas = await scene.Headroom();
        var month = quotas.Single(one => one!["rule"]!.GetValue<string>() == "per-month")!;
        Assert.Equal(
            (30m, 12m, 18m),
            (month["limit"]!.GetValue<decimal>(), month["used"]!.GetValue<decimal>(), month["remaining"]!.GetValue<decimal>())
        );
        Assert.NotNull(month["resetsAt"]);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 18.01m)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 18)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m)).Text_("status"));
    }
}
