using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>What a moved grant has left when it is settled goes on to the grant that continues it, as far as there is room.</summary>
public sealed class PassedOnTests
{
    [Fact]
    public async Task What_goes_on_does_not_count_against_itself_under_a_limit_on_use()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("6", Scenes.Life));
        var (spare, other) = await Spare(world, scene, 50);
        var grant = await scene.Granted(4, new { });
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);
        var moved = await Moved(world, grant, spare);
        Assert.Equal(1, await Left(scene, moved));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(4, await Left(scene, moved));
        Assert.Equal(996, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 3)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task As_much_goes_on_as_a_limit_and_the_offer_have_room_for()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("10"));
        var (spare, other) = await Spare(world, scene, 9.5m);
        var (limited, crowded) = (await scene.Granted(6, new { }), await scene.Granted(3, new { }));
        (await scene.Startup.Post($"/v1/grants/{crowded}/top-up", new { gpuHours = 1 })).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromHours(4), scene.Startup, scene.Operator, other);
        var (first, second) = (await Moved(world, limited, spare), await Moved(world, crowded, spare));
        Assert.Equal((2m, 0m), (await Left(scene, first), await Left(scene, second)));
        await world.PassAsync(TimeSpan.FromHours(16), scene.Startup, scene.Operator, other);

        // Of the next day, this grant has two hours, and others get seven of its ten.
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 7, new { region = "kr-central" })).Text_("status"));
        (await scene.Operator.Post($"/v1/grants/{limited}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(3, await Left(scene, first));
        await world.Verified();
        (await scene.Operator.Post($"/v1/grants/{crowded}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(0, await Left(scene, second));
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{crowded}")).Text_("status"));
        Assert.Equal(1_000 - 7 - 3, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task What_fits_into_a_crowded_offer_goes_on_and_the_rest_returns()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (spare, other) = await Spare(world, scene, 2.5m);
        var grant = await scene.Granted(3, new { });
        (await scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 1 })).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);
        var moved = await Moved(world, grant, spare);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(2.5m, await Left(scene, moved));
        Assert.Equal((0m, 1_000m), (await world.Capacity(spare), await world.Capacity(scene.Offer)));
        Assert.Equal(997.5m, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task What_is_left_follows_a_grant_that_moved_again()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (second, other) = await Spare(world, scene, 50);
        var (third, last) = await Spare(world, scene, 50, name: "Another Cloud");
        var grant = await scene.Granted(4, new { });
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other, last);
        var between = await Moved(world, grant, second);

        // Nothing can have run there yet, so nothing stays.
        var moved = await Moved(world, between, third);
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{between}")).Text_("status"));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(4, await Left(scene, moved));
        Assert.Equal((50m, 46m), (await world.Capacity(second), await world.Capacity(third)));
        Assert.Equal(996, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    [Fact]
    public async Task A_quote_whose_time_is_over_holds_no_room_that_what_is_left_needs()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = await scene.Granted(4, new { });
        var (spare, other) = await Spare(world, scene, 10, rate: 0.5m);
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup, scene.Operator, other);
        var moved = await Moved(world, grant, spare);
        var quote = (await scene.Startup.Quote(scene.Programme, 9)).Expect(HttpStatusCode.Created);
        Assert.Equal(spare.ToString(), quote.Text_("offerId"));
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        scene.Operator.ForgetToken();
        scene.Startup.ForgetToken();
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(4, await Left(scene, moved));
        Assert.Equal("expired", (await scene.Startup.Get($"/v1/quotes/{quote.Id}")).Text_("status"));
        world.Admin.ForgetToken();
        await world.Verified();
    }

    [Fact]
    public async Task A_quote_whose_time_is_over_holds_no_room_that_a_grace_needs()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(100, terms: new { graceGpuHours = 2 });
        var (provider, @operator) = await world.Provider();
        var offer = await @operator.Offer(programme, provider, capacity: 6);
        var (organization, startup) = await world.Organization();
        var scene = new Scene(programme, provider, @operator, offer, organization, startup);
        var grant = await scene.Granted(4, new { });
        await world.PassAsync(TimeSpan.FromHours(4), startup, @operator);
        (await startup.Quote(programme, 2)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(61));
        @operator.ForgetToken();
        var (_, charged, uncharged) = await scene.ReportAsync(world, grant, (-5, 0));
        Assert.Equal((5 * 3_600, 0m), (charged, uncharged));
        world.Admin.ForgetToken();
        await world.Verified();
    }

    private static async Task<(Guid Offer, Person Operator)> Spare(
        TestWorld world,
        Scene scene,
        decimal capacity,
        decimal rate = 1,
        string name = "Spare Cloud"
    )
    {
        // Of two offers at one rate, the older comes first.
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var (provider, @operator) = await world.Provider(name);
        return (await @operator.Offer(scene.Programme, provider, capacity, rate), @operator);
    }

    private static async Task<Guid> Moved(TestWorld world, Guid grant, Guid offer) =>
        (await world.Admin.Post($"/v1/grants/{grant}/move", new { offerId = offer, reason = "The provider withdraws" }, Person.AnyVersion))
            .Expect(HttpStatusCode.Created)
            .Id;

    private static async Task<decimal> Left(Scene scene, Guid grant) =>
        (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours");
}
