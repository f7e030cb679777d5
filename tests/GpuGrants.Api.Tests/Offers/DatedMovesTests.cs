using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Grants of full size move to dated tranches at any moment: what their GPUs cannot use any more takes from nobody.</summary>
public sealed class DatedMovesTests
{
    [Theory]
    [InlineData(1_500, false)]
    [InlineData(1_500, true)]
    [InlineData(0, true)]
    public async Task A_grant_of_full_size_moves_to_tranches_at_any_moment_and_after_an_outage(int milliseconds, bool isOut)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (dated, other) = await Dated(world, scene);
        var grant = await scene.Granted(24, new { durationDays = 1, region = "kr-central" });
        await world.PassAsync(TimeSpan.FromHours(6) + TimeSpan.FromMilliseconds(milliseconds), scene.Startup, scene.Operator, other);
        if (isOut)
            await Outage(world, scene, hours: 6);
        var moved = (await Move(world, grant, dated)).Expect(HttpStatusCode.Created);
        Assert.InRange(moved.Number("remainingGpuHours"), isOut ? 23.99m : 17.99m, isOut ? 24 : 18);
        await world.Verified();

        // The tranche has one GPU, and all of it until the grant's end is promised.
        var near = new { durationDays = 1, region = "us-east" };
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 7, near)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5.9m, near)).Text_("status"));
        await world.Verified();

        // What comes later goes on too. A later end makes room for all of it.
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(isOut ? HttpStatusCode.Conflict : HttpStatusCode.OK);
        Assert.InRange((await scene.Startup.Get($"/v1/grants/{moved.Id}")).Number("remainingGpuHours"), 23.99m, 24);
        var end = (await scene.Startup.Get($"/v1/grants/{moved.Id}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        var extended = await scene.Startup.Post($"/v1/grants/{moved.Id}/extend", new { expiresAt = end.AddDays(1) });
        Assert.Equal("approved", extended.Expect(HttpStatusCode.Created).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task Many_grants_of_full_size_move_after_an_outage()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (dated, other) = await Dated(world, scene, gpus: 2);
        var grants = new[] { 1, 2, 3 }.Select(_ => scene.Granted(24, new { durationDays = 1, region = "kr-central" }));
        await Task.WhenAll(grants);
        await world.PassAsync(TimeSpan.FromHours(6.0001), scene.Startup, scene.Operator, other);
        await Outage(world, scene, hours: 6);
        var body = new { offerId = dated, reason = "The provider fails" };
        var done = (await world.Admin.Post($"/v1/offers/{scene.Offer}/move-grants", body)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ["moved", "moved", "refused"],
            done["results"].AsArray().Select(one => one!["status"]!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
        await world.Verified();
    }

    [Fact]
    public async Task Reserved_GPUs_do_not_move_in_their_last_second()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 5);
        var (dated, other) = await Dated(world, scene);
        var grant = (await scene.Startup.Reserve(scene.Programme, 1, 1, region: "kr-central")).Text_("grantId");
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        await world.PassAsync(end.AddMilliseconds(-1_500) - world.Now, scene.Startup, scene.Operator, other);
        (await Move(world, Guid.Parse(grant), dated, dryRun: true)).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var refused = (await Move(world, Guid.Parse(grant), dated)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        Assert.Contains("Nothing of it can be moved", refused.Text_("detail"), StringComparison.Ordinal);
        var body = new { offerId = dated, reason = "The provider fails" };
        var many = (await world.Admin.Post($"/v1/offers/{scene.Offer}/move-grants", body)).Expect(HttpStatusCode.OK);
        Assert.Equal("grant-not-active", Assert.Single(many["results"].AsArray())!["code"]!.GetValue<string>());
        await world.PassAsync(TimeSpan.FromSeconds(1), scene.Startup, scene.Operator, other);
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("status"));
        await world.Verified();
    }

    private static async Task<(Guid Offer, Person Operator)> Dated(TestWorld world, Scene scene, int gpus = 1)
    {
        var (spare, other) = await world.Provider("Spare Cloud");
        return (await other.DatedOffer(world, scene.Programme, spare, gpus, days: 5, region: "us-east"), other);
    }

    private static async Task Outage(TestWorld world, Scene scene, int hours)
    {
        var outage = new
        {
            startedAt = world.Now.AddHours(-hours - 0.001),
            endedAt = world.Now,
            evidence = "The site lost its power",
        };
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", outage)).Expect(HttpStatusCode.Created);
    }

    private static Task<Reply> Move(TestWorld world, Guid grant, Guid offer, bool dryRun = false) =>
        world.Admin.Post(
            $"/v1/grants/{grant}/move{(dryRun ? "?dryRun=true" : "")}",
            new { offerId = offer, reason = "The provider withdraws" },
            Person.AnyVersion
        );
}
