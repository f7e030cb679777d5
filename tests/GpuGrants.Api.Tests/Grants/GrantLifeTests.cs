using System.Net;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>What becomes of a grant after its award: by the same rules, and nothing makes or loses hours or credits.</summary>
public sealed class GrantLifeTests
{
    [Fact]
    public async Task A_scheduled_grant_starts_by_the_clock_or_when_its_people_say_so()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var asked = (
            await scene.Startup.Ask(
                scene.Programme,
                10,
                new
                {
                    startsAt = world.Now.AddDays(10),
                    durationDays = 30,
                    gpus = 4,
                }
            )
        ).Expect(HttpStatusCode.Created);
        var grant = $"/v1/grants/{asked.Text_("grantId")}";
        Assert.Equal("scheduled", asked["grant"]["status"]!.GetValue<string>());
        var other = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(2) })).Text_("grantId"));
        Assert.Equal(2, await CountAsync(scene, "scheduled"));
        Assert.Equal(0, await CountAsync(scene, "active"));
        (await world.Admin.Post($"{grant}/suspend", new { reason = "Early" }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-not-active",
            "status"
        );

        // A dry run says what it would be, and writes nothing.
        var before = await world.FingerprintAsync();
        var tried = (await scene.Startup.Post($"{grant}/activate?dryRun=true")).Expect(HttpStatusCode.OK);
        Assert.Equal(("active", true), (tried.Text_("status"), tried["dryRun"]!.GetValue<bool>()));
        (await scene.Operator.Post($"{grant}/activate")).Expect(HttpStatusCode.Forbidden);
        (await scene.Startup.Post($"{grant}/activate", null, ("If-Match", "\"9\""))).Expect(HttpStatusCode.PreconditionFailed);
        Assert.Equal(before, await world.FingerprintAsync());

        // Fewer GPUs, while nothing can have run on them.
        var smaller = (await scene.Startup.Post($"{grant}/shrink", new { gpus = 2 })).Expect(HttpStatusCode.OK);
        Assert.Equal((2, 10m), (smaller["gpus"]!.GetValue<int>(), smaller.Number("remainingGpuHours")));

        // Its people start it now. It keeps its length. The same key gets the same answer.
        var started = (await scene.Startup.Post($"{grant}/activate", null, ("Idempotency-Key", "go"))).Expect(HttpStatusCode.OK);
        Assert.Equal("active", started.Text_("status"));
        Assert.Equal(world.Now, started["startsAt"]!.GetValue<DateTimeOffset>());
        Assert.Equal(world.Now.AddDays(30), started["expiresAt"]!.GetValue<DateTimeOffset>());
        Assert.True((await scene.Startup.Post($"{grant}/activate", null, ("Idempotency-Key", "go"))).IsReplay);
        (await scene.Startup.Post($"{grant}/activate")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-scheduled", "status");
        (await scene.Startup.Post($"{grant}/shrink", new { gpus = 2 })).ExpectProblem(HttpStatusCode.Conflict, "grant-not-smaller", "gpus");

        // The other one starts by the clock, before anybody sweeps.
        world.Clock.Advance(TimeSpan.FromDays(2));
        scene.Startup.ForgetToken();
        scene.Operator.ForgetToken();
        Assert.Equal("active", (await scene.Startup.Get($"/v1/grants/{other}")).Text_("status"));
        Assert.Equal(2, await CountAsync(scene, "active"));
        Assert.Equal("scheduled", await world.ScalarAsync<string>("select status from grants where id = $1", other));
        await world.PassAsync(scene, hours: 1);
        Assert.Equal("active", await world.ScalarAsync<string>("select status from grants where id = $1", other));
        await scene.ReportAsync(world, other, (-1, 0));
        Assert.Equal("grant.shrunk grant.activated grant.activated", await EventsAsync(world));
        await world.Verified();
    }

    [Fact]
    public async Task A_grant_starts_early_only_where_the_dates_of_its_offer_and_the_limits_on_use_allow_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: UsedPerMonth("12"));
        var asked = await scene.Startup.Ask(scene.Programme, 10, new { startsAt = world.Now.AddDays(40), durationDays = 5 });
        var grant = $"/v1/grants/{asked.Text_("grantId")}";
        (await scene.Startup.Ask(scene.Programme, 5, new { durationDays = 2 })).Expect(HttpStatusCode.Created);
        var refused = (await scene.Startup.Post($"{grant}/activate", null, ("Accept-Language", "ko"))).ExpectProblem(
            HttpStatusCode.Conflict,
            "quota-exceeded",
            "gpuHours"
        );
        Assert.Contains("지원은 그대로입니다.", refused.Text_("detail"), StringComparison.Ordinal);
        Assert.Equal("scheduled", (await scene.Startup.Get(grant)).Text_("status"));
        (await world.Admin.Patch($"/v1/offers/{scene.Offer}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var closed = (await scene.Startup.Post($"{grant}/activate")).Expect(HttpStatusCode.Conflict);
        Assert.Contains("The grant stays as it was.", closed.Text_("detail"), StringComparison.Ordinal);
        Assert.Equal("offer-not-open", closed.Code);
        await world.Verified();
    }

    [Fact]
    public async Task More_time_comes_at_the_rate_of_the_grant_and_what_no_rule_approves_waits_for_a_person()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("40"), Scenes.PerRequest("12"), Scenes.ActiveGrants(1)]);
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId"));
        var path = $"/v1/grants/{grant}/top-up";

        // The second active grant would be denied. More time for the first is none.
        var before = await world.FingerprintAsync();
        Assert.Equal("approved", (await TopUp(scene, path + "?dryRun=true", 5)).Expect(HttpStatusCode.OK).Text_("status"));
        (await scene.Startup.Post(path, new { gpuHours = 0.001 })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "gpuHours");
        (await scene.Operator.Post(path, new { gpuHours = 1 })).Expect(HttpStatusCode.Forbidden);
        (await (await world.Organization(name: "Elsewhere")).Owner.Post(path, new { gpuHours = 1 })).Expect(HttpStatusCode.NotFound);
        before = await world.FingerprintAsync();
        Assert.Equal("approved", (await TopUp(scene, path + "?dryRun=true", 5)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal(before, await world.FingerprintAsync());
        var more = (await TopUp(scene, path, 5, ("Idempotency-Key", "more"))).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "top-up"), (more.Text_("status"), more.Text_("change")));
        var again = await TopUp(scene, path, 5, ("Idempotency-Key", "more"));
        Assert.Equal((true, more.Text), (again.IsReplay, again.Text));
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal(
            (15m, 18_000L, 15m),
            (read.Number("gpuHours"), read["addedGpuSeconds"]!.GetValue<long>(), read.Number("remainingGpuHours"))
        );
        Assert.Equal(985, await world.Balance(scene.Programme, "budget"));

        // Twenty hours are held for a person, who approves fifteen.
        var waits = (await TopUp(scene, path, 20)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        Assert.Equal(965, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("denied", (await TopUp(scene, path, 8)).Text_("status"));
        (await scene.Startup.Post($"/v1/requests/{waits.Id}/amend", new { gpuHours = 13 }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "request-changes-grant"
        );
        (await world.Admin.Post($"/v1/requests/{waits.Id}/approve", new { gpuHours = 15 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(30, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));
        Assert.Equal(970, await world.Balance(scene.Programme, "budget"));
        var withdrawn = await TopUp(scene, path, 10);
        Assert.Equal("approved", withdrawn.Text_("status"));
        await world.Verified();

        // The offer charges more now: the answer says to renew.
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var raised = (await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate = 2 })).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", raised.ETag))).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromDays(20), scene.Startup);
        var dearer = (await TopUp(scene, path, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", dearer.Text_("status"));
        Assert.Equal("offer-rate-higher", dearer["decision"]["reasons"]![0]!["code"]!.GetValue<string>());
        Assert.Contains("/renew", dearer["decision"]["reasons"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        // What was added returns with the rest, to budget and offer.
        (await scene.Startup.Post($"/v1/grants/{grant}/close", null)).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromHours(25), scene.Startup);
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(1_000, await world.HoursOf(scene.Offer, "capacity"));
        (await TopUp(scene, path, 1)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        await world.Verified();
    }

    [Fact]
    public async Task A_later_end_is_decided_by_the_longest_grant_and_the_limits_on_use()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: UsedPerMonth("12", "review"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 5 })).Text_("grantId"));
        var path = $"/v1/grants/{grant}/extend";
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        (await scene.Startup.Post(path, new { expiresAt = end })).ExpectProblem(HttpStatusCode.Conflict, "grant-not-larger", "expiresAt");
        var late = (await scene.Startup.Post(path, new { expiresAt = end.AddDays(200) })).Expect(HttpStatusCode.Created);
        Assert.Equal(("denied", "duration-too-long"), (late.Text_("status"), late["decision"]["reasons"]![0]!["code"]!.GetValue<string>()));
        Assert.Equal("approved", (await scene.Startup.Post(path, new { expiresAt = end.AddDays(2) })).Text_("status"));
        Assert.Equal(end.AddDays(2), (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>());

        // In the month after, another grant may use the limit up. A person may still let both.
        var next = new DateTimeOffset(world.Now.Year, world.Now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        (await scene.Startup.Ask(scene.Programme, 5, new { startsAt = next, durationDays = 10 })).Expect(HttpStatusCode.Created);
        var waits = (await scene.Startup.Post(path, new { expiresAt = next.AddDays(8) })).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        Assert.Null(waits.Body!["hold"]);
        (await world.Admin.Post($"/v1/requests/{waits.Id}/approve", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(next.AddDays(8), (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>());
        var second = (await scene.Startup.Post(path, new { expiresAt = next.AddDays(9) })).Expect(HttpStatusCode.Created);
        (await scene.Startup.Post($"/v1/requests/{second.Id}/withdraw")).Expect(HttpStatusCode.OK);
        await world.Verified();
    }

    [Fact]
    public async Task What_is_given_back_leaves_room_where_the_rule_refunds_and_what_may_have_been_used_stays()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Refunded("month", "gpu-hours-granted", "20"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 20)).Text_("grantId"));
        await world.PassAsync(scene, hours: 3);
        var path = $"/v1/grants/{grant}/shrink";
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        var before = await world.FingerprintAsync();
        (await scene.Startup.Post(path, new { })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "body");
        var much = (await scene.Startup.Post(path, new { gpuHours = 18 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-time-in-use",
            "gpuHours"
        );
        Assert.Contains("17 GPU-hours", much.Text_("detail"), StringComparison.Ordinal);
        (await scene.Operator.Post(path, new { gpuHours = 1 })).Expect(HttpStatusCode.Forbidden);
        Assert.Equal(12, (await scene.Startup.Post(path + "?dryRun=true", new { gpuHours = 8 })).Number("remainingGpuHours"));
        Assert.Equal(before, await world.FingerprintAsync());
        var kept = (await scene.Startup.Post(path, new { gpuHours = 8, reason = "Done sooner" })).Expect(HttpStatusCode.OK);
        Assert.Equal((12m, 8m), (kept.Number("remainingGpuHours"), kept.Number("returnedGpuHours")));
        Assert.Equal(988, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));

        // An earlier end returns what cannot be used until then: three hours have passed, two are to come.
        var shorter = (await scene.Startup.Post(path, new { expiresAt = world.Now.AddHours(2) })).Expect(HttpStatusCode.OK);
        Assert.Equal((5m, 15m), (shorter.Number("remainingGpuHours"), shorter.Number("returnedGpuHours")));
        Assert.Equal(990, await world.Balance(scene.Programme, "budget"));
        await scene.ReportAsync(world, grant, (-3, 0));
        await world.PassAsync(scene, hours: 2);
        Assert.Equal("ending", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        (await scene.Startup.Post(path, new { gpuHours = 1 })).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        await world.Verified();
    }

    [Fact]
    public async Task A_running_grant_with_fewer_GPUs_still_takes_what_ran_on_all_of_them_before()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Gpus(4));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 40, new { gpus = 4 })).Text_("grantId"));
        await world.PassAsync(scene, hours: 2);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        var cut = (await scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpus = 1 })).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 40m), (cut["gpus"]!.GetValue<int>(), cut.Number("remainingGpuHours")));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1, new { gpus = 3 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        (await scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = await scene.Project("Speech") })).Expect(
            HttpStatusCode.OK
        );
        await world.PassAsync(scene, hours: 2);
        Assert.Equal(["recorded"], await scene.OutcomesAsync(world, grant, gpus: 4, (-4, -2)));
        Assert.Equal(["usage-exceeds-gpus"], await scene.OutcomesAsync(world, grant, gpus: 2, (-2, 0)));
        Assert.Equal(["recorded"], await scene.OutcomesAsync(world, grant, gpus: 1, (-2, 0)));
        await world.Verified();
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_grant_goes_to_another_project_and_counts_there_as_far_as_its_limits_have_room()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), OfProject("12", "deny"), OfProject("8", "review", "careful")]);
        var (speech, vision) = (await scene.Project("Speech"), await scene.Project("Vision"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 8, new { projectId = speech })).Text_("grantId"));
        var other = Guid.Parse((await scene.Startup.Ask(scene.Programme, 7, new { projectId = vision })).Text_("grantId"));
        var path = $"/v1/grants/{grant}/transfer";
        (await scene.Startup.Post(path, new { projectId = Guid.NewGuid() })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "projectId"
        );
        (await scene.Startup.Post(path, new { memberId = Guid.NewGuid() })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "memberId");
        (await scene.Startup.Post(path, new { projectId = speech })).ExpectProblem(HttpStatusCode.Conflict, "grant-there-already");
        (await scene.Startup.Post(path, new { projectId = vision })).ExpectProblem(HttpStatusCode.Conflict, "quota-exceeded", "gpuHours");

        // Five hours fit below the limit that denies. An administrator answers the one that asks for a review.
        (await scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpuHours = 3 })).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post(path, new { projectId = vision })).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-needs-review",
            "gpuHours"
        );
        var handed = (await world.Admin.Post(path, new { projectId = vision, reason = "The team moved" })).Expect(HttpStatusCode.OK);
        Assert.Equal((vision.ToString(), 5m), (handed.Text_("projectId"), handed.Number("remainingGpuHours")));

        // Vision is full now, and Speech has its room again. The organization has what it had.
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, new { projectId = vision })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 8, new { projectId = speech })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 7)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));

        // To another member: whoever holds it is named.
        var jisoo = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member", scene.Startup);
        var held = (await scene.Startup.Post($"/v1/grants/{other}/transfer", new { memberId = jisoo.PrincipalId })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(jisoo.PrincipalId.ToString(), held.Text_("holderId"));
        Assert.Equal("grant.shrunk grant.transferred grant.transferred", await EventsAsync(world));
        await world.Verified();
    }

    [Fact]
    public async Task A_grant_moves_to_another_offer_at_the_same_price_or_better_and_its_people_hear_of_it()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.PerMonth("20"));
        await world.GpuModel("b200", 192);
        var (spare, spareOperator) = await world.Provider("Spare Cloud");
        var cheaper = await spareOperator.Offer(scene.Programme, spare, capacity: 50, rate: 0.5m);
        (await spareOperator.Patch($"/v1/offers/{cheaper}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var dearer = await spareOperator.Offer(scene.Programme, spare, capacity: 50, rate: 2);
        var newer = await spareOperator.Offer(scene.Programme, spare, capacity: 50, rate: 1, model: "b200");
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var asked = (await mina.Ask(scene.Programme, 10, new { gpuModels = new[] { "h100" } })).Expect(HttpStatusCode.Created);
        var grant = Guid.Parse(asked.Text_("grantId"));
        (await mina.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 2 })).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromHours(2), mina, scene.Operator, spareOperator);
        await scene.ReportAsync(world, grant, (-2, 0));
        (await spareOperator.Patch($"/v1/offers/{cheaper}", new { status = "open" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var path = $"/v1/grants/{grant}/move";
        var before = await world.FingerprintAsync();
        foreach (
            var (offer, code) in ((Guid, string)[])
                [(scene.Offer, "grant-there-already"), (dearer, "offer-rate-higher"), (newer, "gpu-model-not-accepted")]
        )
            (await Move(world.Admin, path, offer)).ExpectProblem(HttpStatusCode.Conflict, code, "offerId");
        (await Move(world.Admin, path, Guid.NewGuid())).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "offerId");
        (await Move(mina, path, cheaper)).Expect(HttpStatusCode.Forbidden);
        Assert.Equal(0.5m, (await Move(world.Admin, path + "?dryRun=true", cheaper)).Expect(HttpStatusCode.OK).Number("rate"));
        Assert.Equal(before, await world.FingerprintAsync());

        // Two hours were used. Ten go on at half the price; what that saves goes back.
        var moved = (await Move(world.Admin, path, cheaper)).Expect(HttpStatusCode.Created);
        Assert.Equal((grant.ToString(), spare.ToString()), (moved.Text_("continuesGrantId"), moved.Text_("providerId")));
        Assert.Equal((10m, 0.5m, "active"), (moved.Number("remainingGpuHours"), moved.Number("rate"), moved.Text_("status")));
        var old = (await mina.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", "moved", 0m), (old.Text_("status"), old.Text_("endedAs"), old.Number("remainingGpuHours")));
        Assert.Equal(993, await world.Balance(scene.Programme, "budget"));
        Assert.Equal((998m, 40m), (await world.HoursOf(scene.Offer, "capacity"), await world.HoursOf(cheaper, "capacity")));
        var mail = await world.TakeNoticeAsync("mina@example.org");
        Assert.Equal("GpuGrants: a grant moved to another offer", mail.Subject);
        Assert.Contains(moved.Id.ToString(), mail.Text, StringComparison.Ordinal);

        // The way to the compute is the new provider's, and the old token is on the list.
        var token = (await mina.Post($"/v1/grants/{moved.Id}/token")).Expect(HttpStatusCode.OK);
        Assert.Equal(spare.ToString(), token.Text_("audience"));
        (await mina.Post($"/v1/grants/{grant}/token")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        (await Move(world.Admin, path, cheaper)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");

        // The limit counts it once.
        Assert.Equal("denied", (await mina.Ask(scene.Programme, 9)).Text_("status"));
        Assert.Equal("approved", (await mina.Ask(scene.Programme, 8)).Text_("status"));
        (await mina.Post($"/v1/grants/{moved.Id}/close")).Expect(HttpStatusCode.OK);
        await world.Verified();
    }

    private static Task<Reply> Move(Person person, string path, Guid offer) =>
        person.Post(path, new { offerId = offer, reason = "The provider withdraws" }, Person.AnyVersion);

    private static Task<Reply> TopUp(Scene scene, string path, decimal hours, params (string, string)[] headers) =>
        scene.Startup.Post(path, new { gpuHours = hours }, headers);

    private static async Task<int> CountAsync(Scene scene, string status) =>
        (await scene.Startup.Get($"/v1/grants?status={status}")).Expect(HttpStatusCode.OK)["data"].AsArray().Count;

    private static object UsedPerMonth(string hours, string outcome = "deny") => Scenes.Refunded("used", "gpu-hours-used", hours, outcome);

    private static object OfProject(string hours, string outcome, string id = "project") =>
        Scenes.Refunded(id, "gpu-hours-granted", hours, outcome, "project");

    private static Task<string> EventsAsync(TestWorld world) =>
        world.ScalarAsync<string>(
            "select string_agg(type, ' ' order by sequence) from events where type in "
                + "('grant.activated', 'grant.shrunk', 'grant.transferred', 'grant.extended', 'grant.moved')"
        );
}
