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
        var (scene, grant) = await world.RunningGrant(20);
        await scene.ReportAsync(world, grant, (-19, -15));
        Assert.Equal("", await WarningsAsync(world));
        await scene.ReportAsync(world, grant, (-15, -14));
        await scene.ReportAsync(world, grant, (-14, -13.5));
        await scene.ReportAsync(world, grant, (-13.5, -11));
        Assert.Equal("50 80", await WarningsAsync(world));
        var record = (await scene.ReportAsync(world, grant, (-11, -9.4))).Ids[0];
        Assert.Equal("50 80 95", await WarningsAsync(world));
        // A correction that goes below a share and above it again warns again.
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{record}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        await scene.ReportAsync(world, grant, (-11, -9));
        Assert.Equal("50 80 95 100", await WarningsAsync(world));
        // Nothing is told twice while nothing new is reached.
        await scene.ReportAsync(world, grant, (-9, -8));
        Assert.Equal("50 80 95 100", await WarningsAsync(world));
    }

    [Theory]
    [InlineData("void")]
    [InlineData("replace")]
    [InlineData("dispute")]
    [InlineData("outage")]
    public async Task Whatever_takes_use_back_below_a_share_warns_again_when_use_reaches_it_again(string way)
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(20);
        await scene.ReportAsync(world, grant, (-19, -15));
        var record = (await scene.ReportAsync(world, grant, (-15, -11))).Ids[0];
        Assert.Equal("80", await WarningsAsync(world));
        // Down to 40 percent. What goes down warns of nothing.
        await TakeBackAsync(world, scene, way, grant, record);
        Assert.Equal("80", await WarningsAsync(world));
        await scene.ReportAsync(world, grant, (-10, -9.5));
        Assert.Equal("80", await WarningsAsync(world));
        await scene.ReportAsync(world, grant, (-9, -8));
        Assert.Equal("80 50", await WarningsAsync(world));
        await scene.ReportAsync(world, grant, (-8, -5));
        Assert.Equal("80 50 80", await WarningsAsync(world));
    }

    [Fact]
    public async Task A_correction_that_raises_use_to_a_share_warns_of_it()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(20);
        var record = (await scene.ReportAsync(world, grant, (-19, -16))).Ids[0];
        foreach (var (to, warnings) in ((int, string)[])[(-14, "50"), (-16, "50"), (-10, "50 80"), (-9, "50 80 100")])
        {
            (await scene.ReplaceAsync(world, grant, record, (-19, to))).Expect(HttpStatusCode.OK);
            Assert.Equal(warnings, await WarningsAsync(world));
        }
    }

    private static async Task TakeBackAsync(TestWorld world, Scene scene, string way, Guid grant, Guid record)
    {
        var path = $"/v1/grants/{grant}/usage-records/{record}";
        switch (way)
        {
            case "void":
                (await scene.Operator.Post($"{path}/void", new { reason = "Not theirs" })).Expect(HttpStatusCode.OK);
                break;
            case "replace":
                (await scene.ReplaceAsync(world, grant, record, (-15, -14.99))).Expect(HttpStatusCode.OK);
                break;
            case "dispute":
                var dispute = (await scene.Startup.Post($"{path}/dispute", new { reason = "Not ours" })).Expect(HttpStatusCode.Created);
                var uphold = $"/v1/usage-disputes/{dispute.Id}/uphold";
                (await world.Admin.Post(uphold, new { reason = "The logs" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
                break;
            default:
                var outage = new
                {
                    startedAt = world.Now.AddHours(-15),
                    endedAt = world.Now.AddHours(-11),
                    evidence = "The status page",
                };
                (await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", outage)).Expect(HttpStatusCode.Created);
                break;
        }
    }

    [Fact]
    public async Task A_grant_is_warned_of_once_before_it_expires_while_some_of_it_is_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId"));
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
}
