using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>The people of a grant hear in time that it is nearly used up, or nearly over.</summary>
public sealed class UsageWarningTests
{
    [Fact]
    public async Task Events_tell_of_the_share_that_was_used_and_of_the_expiry_each_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId");
        await world.PassAsync(TimeSpan.FromHours(20), scene.Startup, scene.Operator);
        await ReportAsync(world, scene, grant, -19, -15);
        Assert.Equal("", await WarningsAsync(world));
        await ReportAsync(world, scene, grant, -15, -14);
        await ReportAsync(world, scene, grant, -14, -13.5);
        await ReportAsync(world, scene, grant, -13.5, -11);
        Assert.Equal("50 80", await WarningsAsync(world));
        var record = await ReportAsync(world, scene, grant, -11, -9.4);
        Assert.Equal("50 80 95", await WarningsAsync(world));
        // A correction that goes below a share and above it again warns again.
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        await ReportAsync(world, scene, grant, -11, -9);
        Assert.Equal("50 80 95 100", await WarningsAsync(world));
        // Nothing is told twice while nothing new is reached.
        await ReportAsync(world, scene, grant, -9, -8);
        Assert.Equal("50 80 95 100", await WarningsAsync(world));
    }

    [Fact]
    public async Task A_grant_is_warned_of_once_before_it_expires_while_some_of_it_is_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId");
        await world.PassAsync(TimeSpan.FromDays(26), scene.Startup, scene.Operator);
        Assert.Equal(0, await ExpiringAsync(world));
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup, scene.Operator);
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup, scene.Operator);
        Assert.Equal(1, await ExpiringAsync(world));
        Assert.Equal("active", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
    }

    private static Task<string> WarningsAsync(TestWorld world) =>
        world.ScalarAsync<string>(
            "select coalesce(string_agg(data ->> 'percent', ' ' order by sequence), '') from events where type = 'usage.reached'"
        );

    private static Task<long> ExpiringAsync(TestWorld world) =>
        world.ScalarAsync<long>("select count(*) from events where type = 'grant.expiring'");

    private static async Task<Guid> ReportAsync(TestWorld world, Scene scene, string grant, double from, double to)
    {
        var record = new
        {
            id = Guid.NewGuid(),
            grantId = grant,
            gpus = 1,
            startedAt = world.Now.AddHours(from),
            endedAt = world.Now.AddHours(to),
        };
        var reply = (await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
        Assert.Equal("recorded", reply["results"][0]!["status"]!.GetValue<string>());
        return record.id;
    }
}
