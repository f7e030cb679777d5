using System.Net;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>What a review holds is free the moment its time is over, whenever the sweep comes.</summary>
public sealed class LapsedReviewTests
{
    [Fact]
    public async Task A_hold_whose_time_is_over_counts_for_nobody_before_the_sweep_has_come()
    {
        await using var world = await TestWorld.StartAsync();
        await NeverSweepAsync(world);
        var scene = await world.Scene(credits: 10, capacity: 10, rules: [Scenes.PerRequest("6"), Scenes.Lifetime("10")]);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 1 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var held = (await scene.Startup.Ask(scene.Programme, 8)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", held.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 6)).Text_("status"));
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        scene.Startup.ForgetToken();
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 6)).Text_("status"));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var before = await world.FingerprintAsync();
        var tried = await scene.Startup.Post(
            "/v1/requests?dryRun=true",
            new
            {
                programmeId = scene.Programme,
                gpuHours = 6,
                purpose = "Try",
            }
        );
        Assert.Contains("\"approved\"", tried.Expect(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 6)).Text_("status"));
        Assert.Equal("expired", (await scene.Startup.Get($"/v1/requests/{held.Id}")).Text_("status"));
        world.Admin.ForgetToken();
        Assert.Equal(4, await world.Balance(scene.Programme, "budget"));
        // The sweep finds nothing left to end.
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from events where type = 'request.expired'"));
        await world.Verified();
    }

    [Fact]
    public async Task A_hold_whose_time_is_over_counts_in_no_other_programme_and_in_no_answer()
    {
        await using var world = await TestWorld.StartAsync();
        await NeverSweepAsync(world);
        var scene = await world.Scene(rules: Scenes.PerRequest("6"));
        await world.Policy(null, Scenes.Lifetime("10", id: "all"), OpenRequests());
        var other = await world.Programme(100);
        await scene.Operator.Offer(other, scene.Provider, 100);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 1 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 8)).Text_("status"));
        Assert.Equal([(8, 1), (8, 1)], [await HeldAsync(scene, scene.Programme), await HeldAsync(scene, other)]);
        Assert.Equal("denied", (await scene.Startup.Ask(other, 6)).Text_("status"));
        world.Clock.Advance(TimeSpan.FromHours(1));
        scene.Startup.ForgetToken();
        var before = await world.FingerprintAsync();
        Assert.Equal([(0, 0), (0, 0)], [await HeldAsync(scene, scene.Programme), await HeldAsync(scene, other)]);
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal("approved", (await scene.Startup.Ask(other, 6)).Text_("status"));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from requests where status = 'in-review'"));
        // The sweep takes back what nobody counted any more, and only once.
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        Assert.Equal("denied", (await scene.Startup.Ask(other, 5)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(other, 4)).Text_("status"));
        await world.Verified();
    }

    /// <summary>From now on the test alone sweeps. Otherwise the world's clock does at each hour, beside the test.</summary>
    private static Task NeverSweepAsync(TestWorld world) => world.Services.GetRequiredService<Sweeper>().StopAsync(CancellationToken.None);

    private static object OpenRequests() =>
        new
        {
            id = "open-requests",
            measure = "open-requests",
            subject = new { level = "organization" },
            window = new { kind = "concurrent" },
            limit = new { count = 1 },
            outcome = "deny",
        };

    /// <summary>GPU-hours held under the platform's limit on all of them, and requests that are open.</summary>
    private static async Task<(int Hours, int Requests)> HeldAsync(Scene scene, Guid programme)
    {
        var quotas = (await scene.Headroom(programme)).ToDictionary(one => one!["rule"]!.GetValue<string>(), one => one!);
        return (quotas["all"]["held"]!.GetValue<int>(), quotas["open-requests"]["used"]!.GetValue<int>());
    }

    [Fact]
    public async Task Each_review_lapses_at_its_own_time()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("1"), Scenes.Lifetime("10")]);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 1 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 3)).Text_("status"));
            world.Clock.Advance(TimeSpan.FromMinutes(20));
            scene.Startup.ForgetToken();
        }

        // An hour after the first: three of nine held hours are free again.
        Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Equal(2L, await world.ScalarAsync<long>("select count(*) from requests where status = 'expired'"));
        await world.Verified();
    }
}
