using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Reserved GPUs in a suspension: nobody may use them then, so their time charges nothing and nobody used too much.</summary>
public sealed class ReservedSuspensionTests
{
    [Fact]
    public async Task Time_of_a_suspension_charges_nothing_and_no_policy_on_uncharged_use_follows()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, new { suspendAfterGpuHours = 2, revokeAfterGpuHours = 20 });
        await SuspendedAsync(world, scene, grant, hours: 6);
        await world.PassAsync(scene, hours: 17);
        // Two GPUs for 25 hours, less six.
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal(("active", 38m), (read.Text_("status"), read.Number("usedGpuHours")));
        Assert.Equal(0, read.Number("unchargedGpuSeconds"));
        Assert.Equal(38, await world.Balance(scene.Provider, "earned"));
        Assert.Equal(0, await CountAsync(world, "usage.uncharged"));
        Assert.Equal(1, await CountAsync(world, "grant.suspended"));
        await world.Verified();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_grant_that_was_suspended_ends_once_and_frees_its_own_place_alone(bool isClosed)
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, new { revokeAfterGpuHours = 2 }, Scenes.ActiveGrants(2));
        var other = (await scene.Startup.Reserve(scene.Programme, 1, 5)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", other.Text_("status"));
        await SuspendedAsync(world, scene, grant, hours: 6);
        if (isClosed)
            (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        else
            await world.PassAsync(scene, hours: 40);
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        var end = isClosed ? "closed" : "expired";
        Assert.Equal(("ended", end), (read.Text_("status"), read.Text_("endedAs")));
        Assert.Equal(isClosed ? 4 : 84, read.Number("usedGpuHours"));
        Assert.Equal(
            (1L, 1L, 0L),
            (await CountAsync(world, $"grant.{end}"), await CountAsync(world, "grant.ended"), await CountAsync(world, "grant.revoked"))
        );
        // Of two places, the other grant still has one.
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 1, 1)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 1, 1)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_suspension_that_lasts_is_looked_at_once_a_day_and_leaves_no_time_to_charge()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await StageAsync(world, new { revokeAfterGpuHours = 2 });
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "A look" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 30);
        var charged = await world.ScalarAsync<DateTime>("select charged_until from grants where mode = 'reserved'");
        Assert.Equal(world.Now.UtcDateTime, charged);
        (await world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "All well" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 5);
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal((2 + 5) * 2, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("usedGpuHours"));
        await world.Verified();
    }

    /// <summary>A grant of two reserved GPUs for two days, two hours after its start.</summary>
    private static async Task<(Scene Scene, Guid Grant)> StageAsync(TestWorld world, object policy, params object[] rules)
    {
        var scene = await world.Dated(4, 10, rules);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", policy, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var grant = Guid.Parse((await scene.Startup.Reserve(scene.Programme, 2, 2)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(scene, hours: 2);
        return (scene, grant);
    }

    private static async Task SuspendedAsync(TestWorld world, Scene scene, Guid grant, double hours)
    {
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "A look" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours);
        (await world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "All well" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    private static Task<long> CountAsync(TestWorld world, string type) =>
        world.ScalarAsync<long>("select count(*) from events where type = $1", type);
}
