using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>A provider corrects what it reported: the ledger, the counters and the history follow.</summary>
public sealed class UsageCorrectionTests
{
    [Fact]
    public async Task A_correction_moves_the_difference_both_ways_and_keeps_what_it_replaced()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var record = (await scene.ReportAsync(world, grant, (-4, -1))).Ids[0];
        var lowered = (await scene.ReplaceAsync(world, grant, record, (-4, -2), gpus: 0.5m)).Expect(HttpStatusCode.OK);
        Assert.Equal((3_600, 2), ((long)lowered.Number("gpuSeconds"), (int)lowered.Number("version")));
        Assert.Equal((1, 9, 1), await StandingAsync(world, scene, grant));
        (await scene.ReplaceAsync(world, grant, record, (-4, 0))).Expect(HttpStatusCode.OK);
        Assert.Equal((4, 6, 4), await StandingAsync(world, scene, grant));
        var read = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records/{record}")).Expect(HttpStatusCode.OK);
        Assert.Equal([(1m, 10_800, "Metered again"), (0.5m, 3_600, "Metered again")], Revisions(read));
        Assert.Equal(
            "usage.recorded usage.corrected usage.corrected",
            await world.ScalarAsync<string>("select string_agg(type, ' ' order by sequence) from events where type like 'usage.%'")
        );
        await world.Verified();
    }

    [Fact]
    public async Task A_voided_record_counts_nothing_and_its_time_may_be_reported_again()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var record = (await scene.ReportAsync(world, grant, (-3, -1))).Ids[0];
        Assert.NotEmpty((await VoidAsync(scene, grant, record)).Expect(HttpStatusCode.OK).Text_("voidedAt"));
        Assert.Equal((0, 10, 0), await StandingAsync(world, scene, grant));
        (await VoidAsync(scene, grant, record)).ExpectProblem(HttpStatusCode.Conflict, "usage-voided", "id");
        (await scene.ReplaceAsync(world, grant, record, (-3, -2))).ExpectProblem(HttpStatusCode.Conflict, "usage-voided", "id");
        await scene.ReportAsync(world, grant, (-3, -1));
        Assert.Equal((2, 8, 2), await StandingAsync(world, scene, grant));
        await world.Verified();
    }

    [Fact]
    public async Task A_correction_that_cannot_be_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var record = (await scene.ReportAsync(world, grant, (-4, -2))).Ids[0];
        await scene.ReportAsync(world, grant, (-2, -1));
        var before = await world.FingerprintAsync();
        (await scene.ReplaceAsync(world, grant, record, (-3, -1.5), gpus: 0.5m)).Expect(HttpStatusCode.Conflict);
        (await scene.ReplaceAsync(world, grant, record, (-4, -3), gpus: 1.5m)).ExpectProblem(
            HttpStatusCode.Conflict,
            "usage-exceeds-gpus",
            "gpus"
        );
        (await scene.ReplaceAsync(world, grant, record, (-9, -2))).ExpectProblem(
            HttpStatusCode.Conflict,
            "usage-before-grant",
            "startedAt"
        );
        (await VoidAsync(scene, grant, record, ("If-Match", "\"7\""))).Expect(HttpStatusCode.PreconditionFailed);
        (await VoidAsync(scene, grant, Guid.NewGuid())).Expect(HttpStatusCode.NotFound);
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "reason"
        );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task After_settlement_a_correction_only_lowers_usage_and_the_credits_return_to_the_budget()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var record = (await scene.ReportAsync(world, grant, (-4, -1))).Ids[0];
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        // While the grant is ending, corrections go both ways.
        (await scene.ReplaceAsync(world, grant, record, (-4, -0.5))).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(996.5m, await world.Balance(scene.Programme, "budget"));
        (await scene.ReplaceAsync(world, grant, record, (-4.5, -0.5))).ExpectProblem(HttpStatusCode.Conflict, "usage-settled", "gpus");
        (await scene.ReplaceAsync(world, grant, record, (-4, -3))).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 0, 1), await StandingAsync(world, scene, grant));
        Assert.Equal(999, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(999 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
        await world.Verified();
    }

    [Fact]
    public async Task A_limit_on_used_hours_follows_a_correction()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5, Scenes.UsedHours("10", Scenes.Life));
        var record = (await scene.ReportAsync(world, grant, (-4, -1))).Ids[0];
        Assert.Equal(3, await UsedAsync(scene));
        (await scene.ReplaceAsync(world, grant, record, (-4, -2))).Expect(HttpStatusCode.OK);
        Assert.Equal(2, await UsedAsync(scene));
        (await VoidAsync(scene, grant, record)).Expect(HttpStatusCode.OK);
        Assert.Equal(0, await UsedAsync(scene));
        await world.Verified();
    }

    [Fact]
    public async Task What_comes_back_and_finds_no_room_in_a_limit_on_used_hours_returns_to_the_programme()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await LimitedAsync(world);
        var first = await AskAsync(scene, 9, 3);
        await world.PassAsync(scene, hours: 4);
        var used = (await scene.ReportAsync(world, first, (-4, -3), (-3, -2), (-2, -1))).Ids;
        var usedUntil = world.Now.AddHours(-1);
        // On the second day, another grant takes all that the first one leaves.
        await world.PassAsync(scene, hours: 21);
        var second = await AskAsync(scene, 3, 1);
        var voided = (await VoidAsync(scene, first, used[0], ("Accept-Language", "ko"))).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ("limit-filled", 3_600),
            (voided["returned"]["reason"]!.GetValue<string>(), voided["returned"]["gpuSeconds"]!.GetValue<int>())
        );
        Assert.Contains("프로그램으로 반환", voided["returned"]["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("ko", voided.Message.Content.Headers.ContentLanguage.Single());
        Assert.Equal((2, 6, 2), await StandingAsync(world, scene, first));
        Assert.Equal(1_000 - 9 - 3 + 1, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, new { durationDays = 1 })).Text_("status"));
        // The same of a dispute that is upheld, and of an outage.
        var dispute = (await scene.Startup.Post($"/v1/grants/{first}/usage-records/{used[1]}/dispute", new { reason = "No" })).Expect(
            HttpStatusCode.Created
        );
        var upheld = await world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/uphold", new { reason = "It is so" }, Person.AnyVersion);
        Assert.Equal(3_600, upheld.Expect(HttpStatusCode.OK).Number("returnedGpuSeconds"));
        var outage = await scene.Operator.Post(
            $"/v1/offers/{scene.Offer}/outages",
            new
            {
                startedAt = usedUntil.AddMinutes(-30),
                endedAt = usedUntil,
                evidence = "The status page",
            }
        );
        Assert.Equal(1_800, outage.Expect(HttpStatusCode.Created).Number("returnedGpuSeconds"));
        Assert.Equal((0.5m, 6, 0.5m), await StandingAsync(world, scene, first));
        Assert.Equal(2.5m, (await scene.Startup.Get($"/v1/grants/{first}")).Number("returnedGpuHours"));
        var read = (await scene.Startup.Get($"/v1/grants/{first}/usage-records/{used[0]}")).Expect(HttpStatusCode.OK);
        Assert.Equal(3_600, read["revisions"][0]!["returnedGpuSeconds"]!.GetValue<int>());
        Assert.Equal(3, await world.ScalarAsync<long>("select count(*) from events where type = 'grant.time-returned'"));
        // What is used and comes back on the same day stays: nobody else could take its room.
        await world.PassAsync(scene, hours: 1);
        var today = (await scene.ReportAsync(world, second, (-1, 0))).Ids[0];
        Assert.Null((await VoidAsync(scene, second, today)).Expect(HttpStatusCode.OK).Body!["returned"]);
        Assert.Equal((0, 3, 0.5m), await StandingAsync(world, scene, second));
        await world.Verified();
    }

    [Fact]
    public async Task A_record_cannot_be_moved_to_a_day_whose_limit_is_filled()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await LimitedAsync(world);
        var (first, settled) = (await AskAsync(scene, 3, 3), await AskAsync(scene, 2, 3));
        await world.PassAsync(scene, hours: 4);
        var used = (await scene.ReportAsync(world, first, (-4, -1))).Ids[0];
        var usedOfSettled = (await scene.ReportAsync(world, settled, (-4, -2))).Ids[0];
        await world.PassAsync(scene, hours: 23);
        // Nothing of it is left, so it is settled at once.
        Assert.Equal("ended", (await scene.Startup.Post($"/v1/grants/{settled}/close")).Expect(HttpStatusCode.OK).Text_("status"));
        await AskAsync(scene, 8, 1);
        var before = await world.FingerprintAsync();
        var refused = await scene.ReplaceAsync(world, first, used, (-3, 0));
        refused.ExpectProblem(HttpStatusCode.Conflict, "usage-exceeds-limit", "startedAt");
        Assert.Equal(
            "used allows 9 GPU-hours per calendar day. 2 GPU-hours of the new time have no room. "
                + "State a shorter time, or void the record and report the use again: what has no room is then uncharged.",
            refused.Text_("detail")
        );
        refused = await scene.ReplaceAsync(world, settled, usedOfSettled, (-2, 0));
        refused.ExpectProblem(HttpStatusCode.Conflict, "usage-exceeds-limit", "startedAt");
        Assert.Equal(
            "used allows 9 GPU-hours per calendar day. 1 GPU-hour of the new time has no room. "
                + "State a shorter time, or void the record.",
            refused.Text_("detail")
        );
        Assert.Equal(before, await world.FingerprintAsync());
        // What has room moves, also once the grant is settled.
        (await scene.ReplaceAsync(world, settled, usedOfSettled, (-1, 0))).Expect(HttpStatusCode.OK);
        (await VoidAsync(scene, first, used)).Expect(HttpStatusCode.OK);
        var again = await scene.ReportAsync(world, first, (-3, 0));
        Assert.Equal((0, 10_800m), (again.Charged, again.Uncharged));
        await world.Verified();
    }

    [Fact]
    public async Task Who_keeps_a_copy_of_usage_asks_for_what_changed_since()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var first = (await scene.ReportAsync(world, grant, (-4, -3))).Ids[0];
        await scene.ReportAsync(world, grant, (-3, -2));
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup, scene.Operator);
        var since = Uri.EscapeDataString(world.Now.ToString("O"));
        (await VoidAsync(scene, grant, first)).Expect(HttpStatusCode.OK);
        var third = (await scene.ReportAsync(world, grant, (-2, -1))).Ids[0];
        var changed = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records?updatedSince={since}&sort=updated&count=true")).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(new[] { first, third }.Order(), changed["data"].AsArray().Select(one => one!["id"]!.GetValue<Guid>()).Order());
        Assert.Equal(2, changed.Number("count"));
    }

    /// <summary>An hour after midnight, with nine hours that may be used per day.</summary>
    private static async Task<Scene> LimitedAsync(TestWorld world)
    {
        var scene = await world.Scene(rules: Scenes.UsedHours("9"));
        await world.PassAsync(scene, (TimeSpan.FromHours(25) - world.Now.TimeOfDay).TotalHours);
        return scene;
    }

    private static async Task<Guid> AskAsync(Scene scene, int hours, int durationDays) =>
        Guid.Parse((await scene.Startup.Ask(scene.Programme, hours, new { durationDays })).Text_("grantId"));

    private static async Task<decimal> UsedAsync(Scene scene)
    {
        return (await scene.Headroom()).Single()!["used"]!.GetValue<decimal>();
    }

    private static Task<Reply> VoidAsync(Scene scene, Guid grant, Guid record, params (string Name, string Value)[] headers) =>
        scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { reason = "Not theirs" }, headers);

    /// <summary>GPU-hours used and left, and the credits that the provider earned.</summary>
    private static async Task<(decimal Used, decimal Left, decimal Earned)> StandingAsync(TestWorld world, Scene scene, Guid grant)
    {
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        return (read.Number("usedGpuHours"), read.Number("remainingGpuHours"), await world.Balance(scene.Provider, "earned"));
    }

    private static (decimal Gpus, int Seconds, string Reason)[] Revisions(Reply record) =>
        [
            .. record["revisions"]
                .AsArray()
                .Select(one => (one!["gpus"]!.GetValue<decimal>(), one["gpuSeconds"]!.GetValue<int>(), one["reason"]!.GetValue<string>())),
        ];
}
