using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Use beyond a grant is recorded, never paid for, and followed by what the programme's policy says.</summary>
public sealed class UnchargedUseTests
{
    [Fact]
    public async Task Use_beyond_the_grant_is_recorded_as_uncharged_and_its_people_are_told()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world);
        var reply = await scene.ReportAsync(world, grant, (-5, -2), (-2, 0));
        Assert.Equal((14_400, 3_600m), (reply.Charged, reply.Uncharged));
        Assert.Equal(4, await world.Balance(scene.Provider, "earned"));
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("active", 4m, 3_600m), (read.Text_("status"), read.Number("usedGpuHours"), read.Number("unchargedGpuSeconds")));
        Assert.Equal("notify", await StepsAsync(world));
        var record = reply.Ids[1];
        // The rest of the grant covers what is left of the record.
        (await scene.ReplaceAsync(world, grant, record, (-2, -1))).Expect(HttpStatusCode.OK);
        Assert.Equal((4m, 0m), await StandingAsync(scene, grant));
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal((3m, 0m), await StandingAsync(scene, grant));
        await world.Verified();
    }

    [Fact]
    public async Task A_grace_tops_the_grant_up_within_budget_offer_and_quotas_and_the_rest_is_uncharged()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, policy: new { graceGpuHours = 2.5m }, rules: Scenes.Lifetime("6"));
        var reply = await scene.ReportAsync(world, grant, (-5, 0));
        Assert.Equal((18_000, 0m), (reply.Charged, reply.Uncharged));
        await world.PassAsync(scene, hours: 4);
        // The programme gives 1.5 hours more, but the limit leaves one.
        reply = await scene.ReportAsync(world, grant, (-4, 0));
        Assert.Equal((3_600, 10_800m), (reply.Charged, reply.Uncharged));
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal((6m, 7_200m, 0m), (read.Number("gpuHours"), read.Number("graceGpuSeconds"), read.Number("remainingGpuHours")));
        Assert.Equal((6m, 994m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Programme, "budget")));
        Assert.Equal(994 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        // A correction of what the grace covered moves it back on both sides of the ledger.
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{reply.Ids[0]}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal((5m, 0m), await StandingAsync(scene, grant));
        Assert.Equal((5m, 994m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Programme, "budget")));
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal((5m, 995m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Programme, "budget")));
        Assert.Equal(995 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));

        // Neither a budget nor an offer that is used up gives a grace.
        foreach (var (credits, capacity) in new[] { (5, 1_000), (1_000, 5) })
        {
            var programme = await world.Programme(credits, terms: new { name = $"With {credits}", graceGpuHours = 2.5m });
            await scene.Operator.Offer(programme, scene.Provider, capacity: capacity);
            var full = Guid.Parse((await scene.Startup.Ask(programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId"));
            await world.PassAsync(scene, hours: 6);
            var beyond = await scene.ReportAsync(world, full, (-6, 0));
            Assert.Equal((credits, 18_000, 3_600m), (credits, beyond.Charged, beyond.Uncharged));
        }

        await world.Verified();
    }

    [Fact]
    public async Task What_a_grace_added_and_nobody_used_goes_back_to_the_day_on_which_it_was_added()
    {
        await using var world = await TestWorld.StartAsync();
        var granted = new
        {
            id = "granted",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new { kind = "calendar", unit = "day" },
            limit = new { gpuHours = "5" },
            refund = true,
            outcome = "deny",
        };
        var scene = await world.Scene(rules: granted);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { graceGpuHours = 3 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 4)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(scene, hours: 24);
        var records = (await scene.ReportAsync(world, grant, (-6, -1), (-1, 0))).Ids;
        Assert.Equal(2, await GrantedTodayAsync());
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{records[0]}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        // One of six hours was used: the two that were added today come back today, and three of yesterday's to yesterday.
        Assert.Equal(0, await GrantedTodayAsync());
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        await world.Verified();

        async Task<decimal> GrantedTodayAsync()
        {
            return (await scene.Headroom()).Single()!["used"]!.GetValue<decimal>();
        }
    }

    [Fact]
    public async Task Uncharged_use_suspends_a_grant_and_more_of_it_revokes_it()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, policy: new { suspendAfterGpuHours = 0, revokeAfterGpuHours = 1 });
        await scene.ReportAsync(world, grant, (-5, -0.5));
        Assert.Equal("suspended", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        Assert.Equal("suspend", await StepsAsync(world));
        await world.PassAsync(scene, hours: 1);
        await scene.ReportAsync(world, grant, (-1.5, 0));
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", "revoked"), (read.Text_("status"), read.Text_("endedAs")));
        Assert.Contains("used beyond the grant", read.Text_("endReason"), StringComparison.Ordinal);
        Assert.Equal("suspend revoke", await StepsAsync(world));
        await world.Verified();
    }

    [Fact]
    public async Task A_programmes_policy_is_stated_changed_and_cleared()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Starter",
                    timeZone = "UTC",
                    graceGpuHours = 3,
                    revokeAfterGpuHours = 9.5m,
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal((3m, 9.5m), (programme.Number("graceGpuHours"), programme.Number("revokeAfterGpuHours")));
        var changed = (
            await world.Admin.Patch(
                $"/v1/programmes/{programme.Id}",
                new Dictionary<string, object?> { ["graceGpuHours"] = null, ["suspendAfterGpuHours"] = 0.01m },
                ("If-Match", programme.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("graceGpuHours", changed.Text, StringComparison.Ordinal);
        Assert.Equal((0.01m, 9.5m), (changed.Number("suspendAfterGpuHours"), changed.Number("revokeAfterGpuHours")));
        (await world.Admin.Patch($"/v1/programmes/{programme.Id}", new { graceGpuHours = 0 }, ("If-Match", changed.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "graceGpuHours"
        );
    }

    /// <summary>A grant of four hours on one GPU, five hours after its start.</summary>
    private static async Task<(Scene Scene, Guid Grant)> StageAsync(TestWorld world, object? policy = null, params object[] rules)
    {
        var scene = await world.Scene(rules: rules);
        if (policy is not null)
            (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", policy, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        return (scene, await scene.RunningGrant(world, 5, gpuHours: 4));
    }

    private static async Task<(decimal Used, decimal Uncharged)> StandingAsync(Scene scene, Guid grant)
    {
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        return (read.Number("usedGpuHours"), read.Number("unchargedGpuSeconds"));
    }

    private static Task<string> StepsAsync(TestWorld world) =>
        world.ScalarAsync<string>("select string_agg(data ->> 'step', ' ' order by sequence) from events where type = 'usage.uncharged'");
}
