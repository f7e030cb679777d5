using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Freezes;

public sealed class FreezeTests
{
    [Theory]
    [InlineData("platform", "programme-frozen")]
    [InlineData("programme", "programme-frozen")]
    [InlineData("provider", "offer-not-open")]
    public async Task A_freeze_stops_awards_on_every_replica_until_it_is_lifted(string scope, string code)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        Guid? resource =
            scope == "platform" ? null
            : scope == "programme" ? scene.Programme
            : scene.Provider;
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(scene.Programme, 1)).Text_("status"));
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        var grant = (await scene.Startup.Ask(scene.Programme, 2)).Text_("grantId");

        var freeze = (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope,
                    resourceId = resource,
                    reason = "A leak",
                }
            )
        ).Expect(HttpStatusCode.Created);
        foreach (var startup in (Person[])[scene.Startup, scene.Startup.On(second)])
            Assert.Equal("denied", (await startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("status"));
        (await world.Admin.On(second).Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            code
        );
        Assert.Equal("active", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope,
                    resourceId = resource,
                    reason = "Again",
                }
            )
        ).ExpectProblem(HttpStatusCode.Conflict, "frozen-already");

        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).ExpectProblem(HttpStatusCode.Conflict, "not-frozen");
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(scene.Programme, 1)).Text_("status"));
        (await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("A leak", (await world.Admin.Get("/v1/freezes"))["data"][0]!["reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("platform", "suspended")]
    [InlineData("programme", "suspended")]
    [InlineData("provider", "active")]
    public async Task A_move_leads_away_from_a_frozen_provider_and_out_of_no_other_freeze(string scope, string status)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var (spare, other) = await world.Provider("Spare Cloud");
        var offer = await other.Offer(scene.Programme, spare);
        Guid? resource =
            scope == "platform" ? null
            : scope == "programme" ? scene.Programme
            : scene.Provider;
        var body = new
        {
            scope,
            resourceId = resource,
            reason = "A leak",
            suspendGrants = true,
        };
        var freeze = (await world.Admin.Post("/v1/freezes", body)).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        Assert.Equal("suspended", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        var moved = (
            await world.Admin.Post($"/v1/grants/{grant}/move", new { offerId = offer, reason = "It failed" }, Person.AnyVersion)
        ).Expect(HttpStatusCode.Created);
        Assert.Equal(status, moved.Text_("status"));

        // Lifting the freeze resumes it, as it does all others.
        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        Assert.Equal("active", (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_freeze_that_says_so_suspends_running_grants_in_slices_and_lifting_it_resumes_exactly_those()
    {
        string[] slow = ["--Sweeps:MaxPerLook=2", "--Sweeps:FreezeSlices=1"];
        await using var world = await TestWorld.StartAsync(slow);
        var scene = await world.Scene();
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var elsewhere = await world.Programme(100, terms: new { name = "Elsewhere" });
        await scene.Operator.Offer(elsewhere, scene.Provider);
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        var (stopped, outside) = (await GrantAsync(scene.Programme), await GrantAsync(elsewhere));
        var running = new List<string> { await GrantAsync(below) };
        for (var i = 0; i < 4; i++)
            running.Add(await GrantAsync(scene.Programme));
        await SuspendAsync(stopped);

        // The replica that began stops after a slice, and another goes on.
        var freeze = await FreezeAsync(
            new
            {
                scope = "programme",
                resourceId = scene.Programme,
                reason = "A leak",
                suspendGrants = true,
            }
        );
        await using (var first = await world.StartSecondAsync(slow))
            await first.PassAsync(TimeSpan.Zero);
        Assert.Equal(2L, await SuspendedByAsync(freeze));
        await FinishAsync();
        Assert.Equal(running.Count, (int)await SuspendedByAsync(freeze));
        Assert.All(await StatusesAsync([stopped, .. running]), one => Assert.Equal("suspended", one));
        Assert.Equal("active", Assert.Single(await StatusesAsync([outside])));
        var shown = (await scene.Startup.Get($"/v1/grants/{running[0]}"))["suspensions"][0]!;
        Assert.Equal(("The programme is frozen.", freeze), (shown["reason"]!.GetValue<string>(), shown["freezeId"]!.GetValue<string>()));
        foreach (var grant in (string[])[stopped, running[0]])
            (await ResumeAsync(grant)).ExpectProblem(HttpStatusCode.Conflict, "grant-frozen");

        // What another freeze covers too stays suspended, and belongs to that one.
        var wider = await FreezeAsync(
            new
            {
                scope = "platform",
                reason = "A worse leak",
                suspendGrants = true,
            }
        );
        await FinishAsync();
        Assert.Equal("suspended", Assert.Single(await StatusesAsync([outside])));
        (await administrator.Post($"/v1/freezes/{freeze}/lift")).Expect(HttpStatusCode.Conflict);
        (await world.Admin.Post($"/v1/freezes/{freeze}/lift")).Expect(HttpStatusCode.OK);
        await FinishAsync();
        Assert.Equal((0L, running.Count + 1L), (await SuspendedByAsync(freeze), await SuspendedByAsync(wider)));
        (await world.Admin.Post($"/v1/freezes/{wider}/lift")).Expect(HttpStatusCode.OK);
        await FinishAsync();
        Assert.All(await StatusesAsync([outside, .. running]), one => Assert.Equal("active", one));
        Assert.Equal("suspended", Assert.Single(await StatusesAsync([stopped])));
        Assert.Equal((7L, 6L), (await ToldAsync("grant.suspended"), await ToldAsync("grant.resumed")));

        // Those who run the grants gain by the end of the freeze, so they do not lift it.
        var own = await FreezeAsync(
            new
            {
                scope = "programme",
                resourceId = elsewhere,
                reason = "We look",
                suspendGrants = true,
            }
        );
        await FinishAsync();
        var operates = await world.Member($"/v1/programmes/{elsewhere}/members", "programme-administrator");
        (await world.Admin.Post($"/v1/providers/{scene.Provider}/operators", new { principalId = operates.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        (await operates.Post($"/v1/freezes/{own}/lift")).Expect(HttpStatusCode.Conflict);
        Assert.Equal("suspended", Assert.Single(await StatusesAsync([outside])));

        async Task<string> GrantAsync(Guid programme) => (await scene.Startup.Ask(programme, 1)).Text_("grantId");

        async Task SuspendAsync(string grant) =>
            (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "Mining" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        Task<Reply> ResumeAsync(string grant) =>
            world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "It was none" }, Person.AnyVersion);

        async Task<string> FreezeAsync(object body) =>
            (await world.Admin.Post("/v1/freezes", body)).Expect(HttpStatusCode.Created).Text_("id");

        async Task FinishAsync()
        {
            for (var sweep = 0; sweep < 20 && await IsPendingAsync(); sweep++)
                await world.PassAsync(TimeSpan.Zero);
            Assert.False(await IsPendingAsync());
        }

        async Task<bool> IsPendingAsync() =>
            (await world.Admin.Get("/v1/freezes"))["data"].AsArray().Any(one => one!["grantsPending"]!.GetValue<bool>());

        Task<long> SuspendedByAsync(string id) =>
            world.ScalarAsync<long>("select count(*) from grant_suspensions where ended_at is null and freeze_id = $1", Guid.Parse(id));

        Task<long> ToldAsync(string type) => world.ScalarAsync<long>("select count(*) from events where type = $1", type);

        async Task<IReadOnlyList<string>> StatusesAsync(IEnumerable<string> grants)
        {
            var statuses = new List<string>();
            foreach (var grant in grants)
                statuses.Add((await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
            return statuses;
        }
    }

    [Fact]
    public async Task Under_a_freeze_that_suspends_grants_none_starts_early_or_gets_a_token_before_the_sweep_has_come()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var running = (await scene.Startup.Ask(scene.Programme, 1)).Text_("grantId");
        var scheduled = (await scene.Startup.Ask(scene.Programme, 1, new { startsAt = world.Now.AddDays(3) })).Text_("grantId");
        var body = new
        {
            scope = "provider",
            resourceId = scene.Provider,
            reason = "A leak",
            suspendGrants = true,
        };
        var freeze = (await world.Admin.Post("/v1/freezes", body)).Expect(HttpStatusCode.Created);
        (string, string)[] acts = [(running, "token"), (scheduled, "activate")];
        foreach (var (grant, act) in acts)
            (await scene.Startup.Post($"/v1/grants/{grant}/{act}")).ExpectProblem(HttpStatusCode.Conflict, "grant-frozen", "status");
        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        foreach (var (grant, act) in acts)
            (await scene.Startup.Post($"/v1/grants/{grant}/{act}")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_freeze_of_a_programme_holds_below_it_and_its_administrator_may_make_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var elsewhere = await world.Programme(100, terms: new { name = "Elsewhere" });
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        (await administrator.Post("/v1/freezes", Body(elsewhere))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await administrator.Post("/v1/freezes", new { scope = "platform", reason = "x" })).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        var freeze = (await administrator.Post("/v1/freezes", Body(scene.Programme))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", (await scene.Startup.Ask(below, 1)).Text_("status"));
        Assert.Contains(freeze.Id.ToString(), (await administrator.Get("/v1/freezes")).Text, StringComparison.Ordinal);
        (await administrator.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(below, 1)).Text_("status"));

        static object Body(Guid programme) =>
            new
            {
                scope = "programme",
                resourceId = programme,
                reason = "We look at it",
            };
    }
}
