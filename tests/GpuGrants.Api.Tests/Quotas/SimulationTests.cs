using System.Net;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Quotas;

public sealed class SimulationTests
{
    private const string ByHand = "--Simulations:Workers=0";

    [Fact]
    public async Task A_tighter_draft_flips_what_it_would_have_denied_and_touches_nothing()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(rules: Scenes.Lifetime("100"));
        var policy = await world.PolicyId();
        var from = world.Now;
        await scene.Startup.Ask(scene.Programme, 30);
        var second = await scene.Startup.Ask(scene.Programme, 40);
        await scene.Startup.Ask(scene.Programme, 90);
        var before = await FootprintAsync(world);
        var started = (await Simulate(world, policy, new { from, document = new { rules = new[] { Scenes.Lifetime("50") } } })).Expect(
            HttpStatusCode.Accepted
        );
        Assert.Equal($"/v1/quota-simulations/{started.Id}", started.Message.Headers.Location!.ToString());
        Assert.Equal("waiting", (await world.Admin.Get($"/v1/quota-simulations/{started.Id}")).Text_("status"));
        (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).ExpectProblem(HttpStatusCode.Conflict, "simulation-not-done");
        await RunAsync(world);
        var done = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("done", 8m, 8m), (done.Text_("status"), done.Number("processed"), done.Number("total")));
        var result = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).Expect(HttpStatusCode.OK);
        Assert.Equal((3m, 1m), (result.Number("requests"), result.Number("flips")));
        Assert.Equal((2, 1), (result["happened"]["approved"]!.GetValue<int>(), result["simulated"]["approved"]!.GetValue<int>()));
        Assert.Equal(
            (70m, 30m),
            (
                result["happened"]["gpuHoursByKind"]!["startup"]!.GetValue<decimal>(),
                result["simulated"]["gpuHoursByKind"]!["startup"]!.GetValue<decimal>()
            )
        );
        Assert.Equal(30m, result["simulated"]["creditsByDay"]![0]!["totalCredits"]!.GetValue<decimal>());
        var flip = Assert.Single(result["flippedRequests"].AsArray())!;
        Assert.Equal(
            (second.Id.ToString(), "approve", "deny", "lifetime"),
            (
                flip["requestId"]!.GetValue<string>(),
                flip["wasDecided"]!.GetValue<string>(),
                flip["wouldBe"]!.GetValue<string>(),
                flip["rules"]![0]!.GetValue<string>()
            )
        );
        Assert.Equal(before, await FootprintAsync(world));
    }

    [Fact]
    public async Task A_result_comes_as_csv_by_format_or_by_accept()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(rules: Scenes.Lifetime("100"));
        var from = world.Now;
        var asked = await scene.Startup.Ask(scene.Programme, 30);
        var rule = new
        {
            id = "=HYPERLINK(\"x\")",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new { kind = "lifetime" },
            limit = new { gpuHours = "5" },
            outcome = "deny",
        };
        var started = await Simulate(world, await world.PolicyId(), new { from, document = new { rules = new[] { rule } } });
        await RunAsync(world);
        var csv = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result?format=csv")).Expect(HttpStatusCode.OK);
        Assert.Equal("text/csv", csv.Message.Content.Headers.ContentType?.MediaType);
        var lines = csv.Text.Split("\r\n");
        Assert.Equal("figure,of,happened,simulated,rules", lines[0]);
        Assert.Contains("verdicts,approved,1,0,", lines);
        Assert.Contains("gpu-hours,startup,30,0,", lines);
        Assert.Contains($"flip,{asked.Id},approve,deny,\"'=HYPERLINK(\"\"x\"\")\"", lines);
        Assert.Equal(csv.Text, (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result", ("Accept", "text/csv"))).Text);
    }

    [Fact]
    public async Task The_same_policy_lets_everything_happen_again_and_only_the_period_is_decided()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(credits: 50, rules: [Scenes.Lifetime("100"), Scenes.PerRequest("20")]);
        var reviewer = await world.Reviewer(scene.Programme);
        await scene.Startup.Ask(scene.Programme, 10);
        await world.PassAsync(TimeSpan.FromHours(1), scene.Startup, reviewer);
        var from = world.Now;
        var review = await scene.Startup.Ask(scene.Programme, 30);
        await reviewer.Post($"/v1/requests/{review.Id}/approve", new { gpuHours = 25 }, ("If-Match", review.ETag));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 18)).Text_("status"));
        var started = (await Simulate(world, await world.PolicyId(), new { from, version = 1 })).Expect(HttpStatusCode.Accepted);
        await RunAsync(world);
        var result = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).Expect(HttpStatusCode.OK);
        Assert.Equal((2m, 0m), (result.Number("requests"), result.Number("flips")));
        Assert.Equal(result["happened"].ToJsonString(), result["simulated"].ToJsonString());
        Assert.Equal(25m, result["simulated"]["gpuHoursByKind"]!["startup"]!.GetValue<decimal>());
    }

    [Fact]
    public async Task A_simulation_whose_service_died_is_marked_as_failed()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        await world.Scene(rules: Scenes.Lifetime("100"));
        var started = await Simulate(world, await world.PolicyId(), new { from = world.Now.AddDays(-1), version = 1 });
        Assert.NotNull(await world.Services.GetRequiredService<SimulationTable>().ClaimAsync(Guid.NewGuid(), CancellationToken.None));
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("running", (await world.Admin.Get($"/v1/quota-simulations/{started.Id}")).Text_("status"));
        await world.PassAsync(TimeSpan.FromSeconds(61));
        var failed = await world.Admin.Get($"/v1/quota-simulations/{started.Id}");
        Assert.Equal("failed", failed.Text_("status"));
        Assert.Contains("Start it again", failed.Text_("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_replica_runs_in_the_background_what_this_one_took_on()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        await world.Scene(rules: Scenes.Lifetime("100"));
        var started = await Simulate(world, await world.PolicyId(), new { from = world.Now.AddDays(-1), version = 1 });
        await using var second = await world.StartSecondAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await world.Admin.Get($"/v1/quota-simulations/{started.Id}")).Text_("status") != "done")
            patience.Token.ThrowIfCancellationRequested();
        Assert.Equal(0, (await second.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).Number("requests"));
    }

    [Fact]
    public async Task A_simulation_of_a_programme_tells_nothing_of_its_siblings_not_even_how_much_they_do()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene();
        var (mine, sibling) = (
            await world.Programme(100, scene.Programme, new { name = "Mine" }),
            await world.Programme(100, scene.Programme, new { name = "Sibling" })
        );
        var administrator = await world.Member($"/v1/programmes/{mine}/members", "programme-administrator");
        var policy = await world.Policy(mine, Scenes.Lifetime("100"));
        // A rule of the platform makes the simulation count all trees.
        await world.Policy(null, Scenes.Lifetime("1000"));
        var from = world.Now;
        await scene.Startup.Ask(mine, 30);
        foreach (var hours in (int[])[7, 8, 9])
            await scene.Startup.Ask(sibling, hours);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var tried = new { from, document = new { rules = new[] { Scenes.Lifetime("5") } } };
        var started = (await administrator.Post($"/v1/quota-policies/{policy}/simulate", tried)).Expect(HttpStatusCode.Accepted);
        await RunAsync(world);
        var done = (await administrator.Get($"/v1/quota-simulations/{started.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("done", 3m, 3m), (done.Text_("status"), done.Number("processed"), done.Number("total")));
        var result = (await administrator.Get($"/v1/quota-simulations/{started.Id}/result")).Expect(HttpStatusCode.OK);
        Assert.Equal((1m, 1m), (result.Number("requests"), result.Number("flips")));
        Assert.Equal(30m, result["happened"]["gpuHoursByKind"]!["startup"]!.GetValue<decimal>());
        Assert.Equal(30m, result["happened"]["creditsByDay"]![0]!["totalCredits"]!.GetValue<decimal>());
        Assert.Single(result["flippedRequests"].AsArray());
    }

    [Fact]
    public async Task An_impossible_simulation_is_refused_with_its_field_and_strangers_see_nothing()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(rules: Scenes.Lifetime("100"));
        var policy = await world.PolicyId();
        (await Simulate(world, policy, new { version = 1 })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "from");
        (
            await Simulate(
                world,
                policy,
                new
                {
                    from = world.Now.AddDays(-1),
                    to = world.Now.AddDays(1),
                    version = 1,
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "to");
        (await Simulate(world, policy, new { from = world.Now.AddDays(-1), version = 9 })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "version"
        );
        (await Simulate(world, policy, new { from = world.Now.AddDays(-1) })).ExpectProblem(HttpStatusCode.Conflict, "no-draft");
        (
            await Simulate(world, policy, new { from = world.Now.AddDays(-1), document = new { rules = Array.Empty<object>() } })
        ).ExpectProblem(HttpStatusCode.BadRequest, "policy-invalid", "document.rules");
        var started = await Simulate(world, policy, new { from = world.Now.AddDays(-1), version = 1 });
        var elsewhere = await world.Member($"/v1/programmes/{await world.Programme()}/members", "programme-administrator");
        (await elsewhere.Get($"/v1/quota-simulations/{started.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await elsewhere.Post($"/v1/quota-policies/{policy}/simulate", new { from = world.Now.AddDays(-1), version = 1 })).Expect(
            HttpStatusCode.Forbidden
        );
        (await scene.Startup.Get($"/v1/quota-simulations/{started.Id}")).Expect(HttpStatusCode.Forbidden);
        Assert.Single((await world.Admin.Get($"/v1/quota-simulations?policyId={policy}"))["data"].AsArray());
    }

    [Fact]
    public async Task A_looser_draft_grants_no_more_than_the_budget_held_then_and_says_so()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(credits: 50, rules: Scenes.Lifetime("20"));
        var from = world.Now;
        await scene.Startup.Ask(scene.Programme, 20);
        var second = await scene.Startup.Ask(scene.Programme, 25);
        var third = await scene.Startup.Ask(scene.Programme, 10);
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup);
        await world.Fund(scene.Programme, 40);
        var fourth = await scene.Startup.Ask(scene.Programme, 30);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var started = (
            await Simulate(world, await world.PolicyId(), new { from, document = new { rules = new[] { Scenes.Lifetime("1000") } } })
        ).Expect(HttpStatusCode.Accepted);
        await RunAsync(world);
        var result = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).Expect(HttpStatusCode.OK);
        var flips = result["flippedRequests"]
            .AsArray()
            .ToDictionary(flip => Guid.Parse(flip!["requestId"]!.GetValue<string>()), flip => flip!["wouldBe"]!.GetValue<string>());
        Assert.Equal("approve", flips[second.Id]);
        Assert.DoesNotContain(third.Id, flips.Keys);
        Assert.Equal("approve", flips[fourth.Id]);
        Assert.Equal([45m, 75m], result["simulated"]["creditsByDay"]!.AsArray().Select(day => day!["totalCredits"]!.GetValue<decimal>()));
    }

    [Fact]
    public async Task Approvals_that_another_draft_spends_earlier_flip_to_denials_by_the_budget()
    {
        await using var world = await TestWorld.StartAsync(ByHand);
        var scene = await world.Scene(credits: 50, rules: Scenes.PerRequest("20", "deny"));
        var from = world.Now;
        await scene.Startup.Ask(scene.Programme, 40);
        var later = await scene.Startup.Ask(scene.Programme, 15);
        var started = await Simulate(
            world,
            await world.PolicyId(),
            new { from, document = new { rules = new[] { Scenes.PerRequest("100", "deny") } } }
        );
        await RunAsync(world);
        var result = (await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result")).Expect(HttpStatusCode.OK);
        var denied = Assert.Single(result["flippedRequests"].AsArray(), flip => flip!["wouldBe"]!.GetValue<string>() == "deny")!;
        Assert.Equal(
            (later.Id.ToString(), true, 0),
            (denied["requestId"]!.GetValue<string>(), denied["exceedsBudget"]!.GetValue<bool>(), denied["rules"]!.AsArray().Count)
        );
        var csv = await world.Admin.Get($"/v1/quota-simulations/{started.Id}/result?format=csv");
        Assert.Contains($"flip,{later.Id},approve,deny,budget", csv.Text.Split("\r\n"));
    }

    [Fact]
    public async Task A_policy_never_has_more_open_simulations_than_its_limit_however_many_ask_at_once()
    {
        await using var world = await TestWorld.StartAsync(ByHand, "--Simulations:MaxOpenPerPolicy=3");
        await using var second = await world.StartSecondAsync(ByHand, "--Simulations:MaxOpenPerPolicy=3");
        await world.Scene(rules: Scenes.Lifetime("100"));
        var policy = await world.PolicyId();
        var from = world.Now.AddDays(-1);
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i =>
                    (i % 2 == 0 ? world.Admin : second.Admin).Post($"/v1/quota-policies/{policy}/simulate", new { from, version = 1 })
                )
        );
        Assert.Equal(3, replies.Count(reply => reply.Status == HttpStatusCode.Accepted));
        Assert.All(
            replies.Where(reply => reply.Status != HttpStatusCode.Accepted),
            reply => reply.ExpectProblem(HttpStatusCode.Conflict, "too-many-simulations")
        );
        (await world.Admin.Delete($"/v1/quota-simulations/{replies.First(reply => reply.Status == HttpStatusCode.Accepted).Id}")).Expect(
            HttpStatusCode.NoContent
        );
        (await Simulate(world, policy, new { from, version = 1 })).Expect(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_simulation_is_deleted_by_its_administrator_at_any_time_and_ended_ones_go_by_themselves()
    {
        await using var world = await TestWorld.StartAsync(ByHand, "--Simulations:KeepDays=2");
        await world.Scene(rules: Scenes.Lifetime("100"));
        var policy = await world.PolicyId();
        var running = await Simulate(world, policy, new { from = world.Now.AddDays(-1), version = 1 });
        var worker = Guid.NewGuid();
        var table = world.Services.GetRequiredService<SimulationTable>();
        Assert.NotNull(await table.ClaimAsync(worker, CancellationToken.None));
        (await world.Admin.Delete($"/v1/quota-simulations/{running.Id}")).Expect(HttpStatusCode.NoContent);
        Assert.False(await table.ProgressAsync(running.Id, worker, 1, 2, CancellationToken.None));
        Assert.False(await table.DoneAsync(running.Id, worker, 2, "{}", CancellationToken.None));
        (await world.Admin.Get($"/v1/quota-simulations/{running.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.Admin.Delete($"/v1/quota-simulations/{running.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        var ended = await Simulate(world, policy, new { from = world.Now.AddDays(-1), version = 1 });
        await RunAsync(world);
        await world.PassAsync(TimeSpan.FromDays(2));
        (await world.Admin.Get($"/v1/quota-simulations/{ended.Id}")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        (await world.Admin.Get($"/v1/quota-simulations/{ended.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    private static Task<Reply> Simulate(TestWorld world, Guid policy, object body)
    {
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        return world.Admin.Post($"/v1/quota-policies/{policy}/simulate", body);
    }

    private static Task RunAsync(TestWorld world) =>
        world.Services.GetRequiredService<SimulationRunner>().RunWaitingAsync(CancellationToken.None);

    private static Task<string> FootprintAsync(TestWorld world) =>
        world.ScalarAsync<string>(
            "select concat((select count(*) from requests), ' ', (select count(*) from transfers), ' ', (select count(*) "
                + "from quota_facts), ' ', (select count(*) from events), ' ', (select md5(string_agg(c::text, ' ' order by c::text)) from subject_counters c), ' ', "
                + "(select count(*) from quota_policy_versions))"
        );
}
