using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>Grants that go on elsewhere: what stays with the provider that served them, and many in one call.</summary>
public sealed class MovedGrantTests
{
    [Fact]
    public async Task What_the_old_provider_has_not_reported_stays_with_the_old_grant_until_it_is_settled()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("20"), Scenes.ActiveGrants(2)]);
        var grant = await Granted(scene, 10);
        var (_, cheaper, other) = await Spare(world, scene, capacity: 50, rate: 0.5m);
        (await scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 2 })).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);

        // Three hours may have been used. They stay. Nine go on at half the rate, and what that saves goes back.
        var moved = (await Move(world, grant, cheaper)).Expect(HttpStatusCode.Created);
        Assert.Equal((9m, 0.5m), (moved.Number("remainingGpuHours"), moved.Number("rate")));
        var old = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ending", "moved", 3m), (old.Text_("status"), old.Text_("endedAs"), old.Number("remainingGpuHours")));
        Assert.Equal(1_000 - 12 + 4.5m, await world.Balance(scene.Programme, "budget"));
        Assert.Equal((997m, 41m), (await world.HoursOf(scene.Offer, "capacity"), await world.HoursOf(cheaper, "capacity")));
        await world.Verified();

        // Both count together as the grant did before: one active grant, and twelve hours of the month.
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
        var beside = await scene.Startup.Ask(scene.Programme, 8);
        Assert.Equal("approved", beside.Text_("status"));
        (await scene.Startup.Post($"/v1/grants/{beside.Text_("grantId")}/close")).Expect(HttpStatusCode.OK);

        // The old provider reports two of the three hours later, and earns them. The third goes on when it settles.
        await scene.ReportAsync(world, grant, (-3, -1));
        Assert.Equal(2, await world.Balance(scene.Provider, "earned"));
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        Assert.Equal(0, await Count(world, "grant.ended", grant));
        var settled = (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", "moved", 0m), (settled.Text_("status"), settled.Text_("endedAs"), settled.Number("remainingGpuHours")));
        Assert.Equal(1, await Count(world, "grant.ended", grant));
        // What that saves is half a credit.
        Assert.Equal(1_000 - 12 + 5, await world.Balance(scene.Programme, "budget"));
        Assert.Equal((998m, 40m), (await world.HoursOf(scene.Offer, "capacity"), await world.HoursOf(cheaper, "capacity")));
        var next = (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal((10m, 10m, "active"), (next.Number("gpuHours"), next.Number("remainingGpuHours"), next.Text_("status")));
        (await scene.Startup.Post($"/v1/grants/{moved.Id}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal(998, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_settlement_period_that_passes_returns_what_finds_no_grant_or_no_room_to_go_on_to()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, spare, other) = await Spare(world, scene, capacity: 8, rate: 1);
        var (closes, full) = (await Granted(scene, 10), await Granted(scene, 6));
        await world.PassAsync(TimeSpan.FromHours(4), scene.Startup, scene.Operator, other);
        var moved = (await Move(world, closes, spare)).Expect(HttpStatusCode.Created);
        var second = (await Move(world, full, spare)).Expect(HttpStatusCode.Created);
        Assert.Equal((6m, 2m), (moved.Number("gpuHours"), second.Number("gpuHours")));
        await world.PassAsync(TimeSpan.FromHours(25), scene.Startup, scene.Operator, other);
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{closes}")).Text_("status"));
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{full}")).Text_("status"));
        Assert.Equal((1_000m, 0m), (await world.HoursOf(scene.Offer, "capacity"), await world.HoursOf(spare, "capacity")));
        Assert.Equal(992, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_grant_all_of_which_may_have_been_used_moves_too_and_gets_its_time_once_its_provider_says_what_ran()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("6"));
        var (_, spare, other) = await Spare(world, scene, capacity: 50, rate: 1);
        var grant = await Granted(scene, 2);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);
        var moved = (await Move(world, grant, spare)).Expect(HttpStatusCode.Created);
        Assert.Equal((0m, "active"), (moved.Number("gpuHours"), moved.Text_("status")));
        Assert.Equal("ending", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Number("remainingGpuHours"));

        // An outage says at once that nothing ran, so all goes on at once.
        var late = await Granted(scene, 2);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);
        var outage = new
        {
            startedAt = world.Now.AddHours(-3),
            endedAt = world.Now,
            evidence = "The site lost its power",
        };
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", outage)).Expect(HttpStatusCode.Created);
        Assert.Equal(2, (await Move(world, late, spare)).Expect(HttpStatusCode.Created).Number("remainingGpuHours"));
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{late}")).Text_("status"));
        Assert.Equal(1, await Count(world, "grant.ended", late));
        await world.Verified();
    }

    [Fact]
    public async Task What_is_left_returns_where_a_limit_on_use_has_no_room_for_it_any_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("10"));
        var (_, spare, other) = await Spare(world, scene, capacity: 50, rate: 1);
        var grant = await Granted(scene, 6);
        await world.PassAsync(TimeSpan.FromHours(4), scene.Startup, scene.Operator, other);
        var moved = (await Move(world, grant, spare)).Expect(HttpStatusCode.Created);
        Assert.Equal(2, moved.Number("gpuHours"));
        await world.PassAsync(TimeSpan.FromHours(20), scene.Startup, scene.Operator, other);

        // The next day's room goes to somebody else meanwhile: two hours of the moved grant and eight of another fill it.
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 8, new { durationDays = 1 })).Text_("status"));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Number("remainingGpuHours"));
        Assert.Equal(990, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_review_whose_time_is_over_holds_no_room_that_a_move_or_an_early_start_needs()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("5"));
        var later = new { startsAt = world.Now.AddDays(20), durationDays = 1 };
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 4, later)).Text_("grantId"));
        var (_, spare, other) = await Spare(world, scene, capacity: 10, rate: 0.5m);
        var waits = (await scene.Startup.Ask(scene.Programme, 8)).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 2m), (waits.Text_("status"), await world.HoursOf(spare, "capacity")));
        (await Move(world, grant, spare)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "offerId");
        world.Clock.Advance(TimeSpan.FromDays(8));
        world.Admin.ForgetToken();
        scene.Startup.ForgetToken();
        var moved = (await Move(world, grant, spare)).Expect(HttpStatusCode.Created);
        Assert.Equal("expired", (await scene.Startup.Get($"/v1/requests/{waits.Id}")).Text_("status"));

        other.ForgetToken();

        // A review on dated tranches keeps nobody from an early start after its time.
        var dated = await other.DatedOffer(world, scene.Programme, await ProviderOf(scene, moved), gpus: 1, days: 9, region: "us-east");
        var scheduled = await scene.Granted(
            5,
            new
            {
                startsAt = world.FullHour().AddDays(8),
                durationDays = 1,
                region = "us-east",
            }
        );
        var crowd = await scene.Startup.Ask(scene.Programme, 190, new { durationDays = 8, region = "us-east" });
        Assert.Equal("in-review", crowd.Text_("status"));
        (await scene.Startup.Post($"/v1/grants/{scheduled}/activate")).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-exhausted",
            "gpuHours"
        );
        world.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromHours(1));
        scene.Startup.ForgetToken();
        (await scene.Startup.Post($"/v1/grants/{scheduled}/activate")).Expect(HttpStatusCode.OK);
        world.Admin.ForgetToken();
        await world.Verified();
    }

    private static async Task<Guid> ProviderOf(Scene scene, Reply grant) =>
        Guid.Parse((await scene.Startup.Get($"/v1/grants/{grant.Id}")).Text_("providerId"));

    [Fact]
    public async Task A_moved_grant_says_the_way_to_its_new_offer()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, spare, other) = await Spare(world, scene, capacity: 50, rate: 1);
        await Says(scene.Operator, scene.Offer, "ssh {{grantId}}@old.example");
        await Says(other, spare, "ssh {{grantId}}@{{region}}.new.example, offer {{offerId}}");
        var grant = await Granted(scene, 5);
        Assert.Equal($"ssh {grant}@old.example", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("connection"));
        var moved = (await Move(world, grant, spare)).Expect(HttpStatusCode.Created);
        Assert.Equal(
            $"ssh {moved.Id}@kr-central.new.example, offer {spare}",
            (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Text_("connection")
        );
    }

    [Fact]
    public async Task All_grants_of_an_offer_move_in_one_call_and_each_is_judged_for_itself()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, spare, _) = await Spare(world, scene, capacity: 15, rate: 1);
        var first = await Granted(scene, 10);
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var stopped = await Granted(scene, 1);
        (await world.Admin.Post($"/v1/grants/{stopped}/suspend", new { reason = "Looked at" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var large = await Granted(scene, 6);
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var last = await Granted(scene, 4);
        var path = $"/v1/offers/{scene.Offer}/move-grants";
        var body = new { offerId = spare, reason = "The provider withdraws" };
        var before = await world.FingerprintAsync();
        (await scene.Operator.Post(path, body)).Expect(HttpStatusCode.Forbidden);
        (await world.Admin.Post(path, new { offerId = spare })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "reason");
        (await world.Admin.Post(path, new { reason = "No" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "offerId");
        var tried = (await world.Admin.Post(path + "?dryRun=true", body)).Expect(HttpStatusCode.OK);
        Assert.True(tried["dryRun"]!.GetValue<bool>());
        Assert.Equal(before, await world.FingerprintAsync());

        (Guid, string, string?)[] expected =
        [
            (first, "moved", null),
            (stopped, "refused", "grant-not-active"),
            (large, "refused", "capacity-exhausted"),
            (last, "moved", null),
        ];
        Assert.Equal(expected, Results(tried));
        var done = (await world.Admin.Post(path, body, ("Idempotency-Key", "all"), ("Accept-Language", "ko"))).Expect(HttpStatusCode.OK);
        Assert.Equal(expected, Results(done));
        Assert.False(done["hasMore"]!.GetValue<bool>());
        Assert.Contains("지원의 상태는 '중지됨'입니다.", done["results"][1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        var moved = (await scene.Startup.Get($"/v1/grants/{done["results"][0]!["movedGrantId"]!.GetValue<string>()}")).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal((first.ToString(), 10m), (moved.Text_("continuesGrantId"), moved.Number("remainingGpuHours")));
        Assert.Equal(1, await world.HoursOf(spare, "capacity"));
        Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from events where type = 'grant.moved'"));
        var again = await world.Admin.Post(path, body, ("Idempotency-Key", "all"), ("Accept-Language", "ko"));
        Assert.Equal((done.Text, true), (again.Text, again.IsReplay));

        // Whoever calls again begins after the last one that was judged.
        Assert.Empty(
            Results(
                (
                    await world.Admin.Post(
                        path,
                        new
                        {
                            body.offerId,
                            body.reason,
                            after = last,
                        }
                    )
                ).Expect(HttpStatusCode.OK)
            )
        );
        Assert.Equal(2, Results((await world.Admin.Post(path, body)).Expect(HttpStatusCode.OK)).Count);
        await world.Verified();
    }

    [Fact]
    public async Task One_call_moves_a_hundred_grants_and_says_that_there_are_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, spare, _) = await Spare(world, scene, capacity: 500, rate: 1);
        await Task.WhenAll(Enumerable.Range(0, 102).Select(_ => Granted(scene, 1)));
        var path = $"/v1/offers/{scene.Offer}/move-grants";
        var body = new { offerId = spare, reason = "The provider withdraws" };
        var many = (await world.Admin.Post(path, body)).Expect(HttpStatusCode.OK);
        Assert.Equal((100, true), (Results(many).Count, many["hasMore"]!.GetValue<bool>()));
        Assert.All(Results(many), one => Assert.Equal("moved", one.Status));
        var rest = (await world.Admin.Post(path, body)).Expect(HttpStatusCode.OK);
        Assert.Equal((2, false), (Results(rest).Count, rest["hasMore"]!.GetValue<bool>()));
        Assert.Equal((1_000m, 398m), (await world.HoursOf(scene.Offer, "capacity"), await world.HoursOf(spare, "capacity")));
    }

    private static List<(Guid Grant, string Status, string? Code)> Results(Reply reply) =>
        [
            .. reply["results"]
                .AsArray()
                .Select(one =>
                    (
                        Guid.Parse(one!["grantId"]!.GetValue<string>()),
                        one["status"]!.GetValue<string>(),
                        (one["code"] as JsonValue)?.GetValue<string>()
                    )
                ),
        ];

    private static async Task<(Guid Provider, Guid Offer, Person Operator)> Spare(
        TestWorld world,
        Scene scene,
        decimal capacity,
        decimal rate
    )
    {
        // Of two offers at one rate, the older comes first.
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var (provider, @operator) = await world.Provider("Spare Cloud");
        var offer = await @operator.Offer(scene.Programme, provider, capacity, rate);
        return (provider, offer, @operator);
    }

    /// <summary>A grant on the scene's own offer, the first of those with the lowest rate.</summary>
    private static async Task<Guid> Granted(Scene scene, decimal hours) =>
        Guid.Parse((await scene.Startup.Ask(scene.Programme, hours)).Text_("grantId"));

    private static async Task Says(Person provider, Guid offer, string connection) =>
        (await provider.Patch($"/v1/offers/{offer}", new { connection }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

    private static Task<Reply> Move(TestWorld world, Guid grant, Guid offer) =>
        world.Admin.Post($"/v1/grants/{grant}/move", new { offerId = offer, reason = "The provider withdraws" }, Person.AnyVersion);

    private static Task<long> Count(TestWorld world, string type, Guid grant) =>
        world.ScalarAsync<long>("select count(*) from events where type = $1 and resource_id = $2", type, grant.ToString());
}
