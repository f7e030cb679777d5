using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>A suspended grant keeps its time, its dates run on, and nobody pays for what is used meanwhile.</summary>
public sealed class GrantSuspensionTests
{
    [Fact]
    public async Task Use_in_a_suspension_is_recorded_and_not_charged()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(1, Scenes.ActiveGrants(1));
        var suspended = (await SuspendAsync(world, grant)).Expect(HttpStatusCode.OK);
        Assert.Equal(("suspended", 0m), (suspended.Text_("status"), suspended.Number("unchargedGpuSeconds")));
        await world.PassAsync(scene, hours: 2);
        // It still counts as a running grant.
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        (await ResumeAsync(world, grant)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 1);
        var reply = await scene.ReportAsync(world, grant, (-4, 0));
        Assert.Equal((7_200, 7_200m), (reply.Charged, reply.Uncharged));
        var read = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal((2m, 8m, 7_200m), (read.Number("usedGpuHours"), read.Number("remainingGpuHours"), read.Number("unchargedGpuSeconds")));
        var suspension = read["suspensions"].AsArray().Single()!;
        Assert.Equal(
            ("Looks misused", "Explained"),
            (suspension["reason"]!.GetValue<string>(), suspension["endReason"]!.GetValue<string>())
        );
        Assert.Equal(2, await world.Balance(scene.Provider, "earned"));
        Assert.Equal("grant.suspended grant.resumed usage.uncharged", await EventsAsync(world));
        await world.Verified();
    }

    [Fact]
    public async Task A_suspension_moves_no_date_and_a_suspended_grant_expires_settles_closes_and_is_revoked()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, expiring) = await world.RunningGrant(1);
        var closed = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5)).Text_("grantId"));
        var revoked = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5)).Text_("grantId"));
        foreach (var grant in (Guid[])[expiring, closed, revoked])
            (await SuspendAsync(world, grant)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 1);
        // Not a moment of it could be used, so all of it returns at once.
        Assert.Equal("ended", (await scene.Startup.Post($"/v1/grants/{closed}/close")).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal(
            "ended",
            (await world.Admin.Post($"/v1/grants/{revoked}/revoke", new { reason = "Misused" }, Person.AnyVersion))
                .Expect(HttpStatusCode.OK)
                .Text_("status")
        );
        await world.PassAsync(TimeSpan.FromDays(30), scene.Startup, scene.Operator);
        var read = (await scene.Startup.Get($"/v1/grants/{expiring}")).Expect(HttpStatusCode.OK);
        // One hour before the suspension may have been used.
        Assert.Equal(("ending", "expired", 9m), (read.Text_("status"), read.Text_("endedAs"), read.Number("returnedGpuHours")));
        await world.PassAsync(scene, hours: 24);
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_refused_suspension_or_resumption_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(1);
        var before = await world.FingerprintAsync();
        (await ResumeAsync(world, grant)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-suspended", "status");
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "reason"
        );
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "No" })).Expect(HttpStatusCode.PreconditionRequired);
        (await scene.Startup.Post($"/v1/grants/{grant}/suspend", new { reason = "No" }, Person.AnyVersion)).Expect(
            HttpStatusCode.Forbidden
        );
        Assert.Equal(before, await world.FingerprintAsync());
        (await SuspendAsync(world, grant)).Expect(HttpStatusCode.OK);
        (await SuspendAsync(world, grant)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-ending", "status");
    }

    private static Task<Reply> SuspendAsync(TestWorld world, Guid grant) =>
        world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "Looks misused" }, Person.AnyVersion);

    private static Task<Reply> ResumeAsync(TestWorld world, Guid grant) =>
        world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "Explained" }, Person.AnyVersion);

    private static Task<string> EventsAsync(TestWorld world) =>
        world.ScalarAsync<string>(
            "select string_agg(type, ' ' order by sequence) from events where type in ('grant.suspended', 'grant.resumed', 'usage.uncharged')"
        );
}
