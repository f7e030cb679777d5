using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>What each closed day leaves to the next, over HTTP. The numbers were reckoned by hand, day by day.</summary>
public sealed class CarryOverTests
{
    [Fact]
    public async Task Each_day_carries_over_by_the_limit_in_force_when_it_closed()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Daily(10));
        await PassDayAsync();
        await PassDayAsync();
        // Nobody has used anything yet: two days closed with 10 each.
        await AssertStandsAsync(carried: 20, limit: 30);
        var given = (
            await world.Admin.Post(
                "/v1/quota-overrides",
                PolicyScenes.Override(policy, "daily", scene.Organization, "replace", 30, startsAt: world.Now.AddDays(-2))
            )
        ).Expect(HttpStatusCode.Created);
        // The days that are closed stay what they were, whatever start the override states.
        Assert.Equal(world.Now, given["startsAt"].GetValue<DateTimeOffset>());
        await AssertStandsAsync(carried: 20, limit: 50);
        await PassDayAsync();
        await AssertStandsAsync(carried: 50, limit: 80);
        (await world.Admin.Post($"/v1/quota-overrides/{given.Id}/end")).Expect(HttpStatusCode.OK);
        await AssertStandsAsync(carried: 50, limit: 60);
        (await world.Publish(policy, Daily(5))).Expect(HttpStatusCode.OK);
        await AssertStandsAsync(carried: 50, limit: 55);
        await PassDayAsync();
        await AssertStandsAsync(carried: 55, limit: 60);

        // A replica that reads the configuration now knows by what the days closed.
        await using var second = await world.StartSecondAsync();
        await AssertStandsAsync(carried: 55, limit: 60, scene.Startup.On(second));
        var denied = await scene.Startup.On(second).Ask(scene.Programme, 61);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 60)).Text_("status"));
        var replay = await world.Admin.Get($"/v1/decisions/{denied["decision"]["id"]!.GetValue<string>()}/replay");
        Assert.True(replay.Expect(HttpStatusCode.OK)["same"].GetValue<bool>());
        await world.Verified();

        async Task PassDayAsync() => await world.PassAsync(TimeSpan.FromDays(1), scene.Startup, scene.Operator);

        async Task AssertStandsAsync(decimal carried, decimal limit, Person? by = null)
        {
            var daily = (await scene.Headroom(by: by)).Single(one => one!["rule"]!.GetValue<string>() == "daily")!;
            Assert.Equal((carried, limit), (daily["carried"]!.GetValue<decimal>(), daily["limit"]!.GetValue<decimal>()));
        }
    }

    /// <summary>Ten hours of use a day. Four of the first day are reported two days later, and one of them is taken back.</summary>
    [Fact]
    public async Task Usage_that_is_reported_late_corrects_what_its_day_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.Policy(
            scene.Programme,
            JsonNode.Parse(Daily(10).ToJsonString().Replace("hours-granted", "hours-used", StringComparison.Ordinal))!
        );
        await world.PassAsync(TimeSpan.FromHours(24) - world.Now.TimeOfDay, scene.Startup, scene.Operator);
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 4, new { durationDays = 1 })).Text_("grantId"));
        await world.PassAsync(scene, hours: 30);
        // The day of the publication and the next one closed, each with ten. What the grant may have used is not left over.
        Assert.Equal(20 - 4, await CarriedAsync());
        var record = (await scene.ReportAsync(world, grant, (-29, -25))).Ids[0];
        Assert.Equal(20 - 4, await CarriedAsync());
        (await scene.ReplaceAsync(world, grant, record, (-29, -26))).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(20 - 3, await CarriedAsync());

        async Task<decimal> CarriedAsync()
        {
            var daily = (await scene.Headroom()).Single()!;
            return daily["carried"]!.GetValue<decimal>();
        }
    }

    private static JsonNode Daily(int hours) =>
        JsonNode.Parse(
            $$"""
            {"id":"daily","measure":"gpu-hours-granted","subject":{"level":"organization"},"outcome":"deny",
            "window":{"kind":"calendar","unit":"day","timeZone":"UTC","carryOver":{"max":{"gpuHours":"100"} } },"limit":{"gpuHours":"{{hours}}"} }
            """
        )!;
}
