using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>A provider lowers its rates alone. A higher rate than the programme accepted waits for the programme.</summary>
public sealed class RepricingTests
{
    [Fact]
    public async Task A_raised_rate_waits_for_the_programme_and_a_lower_one_holds_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, (await SetAsync(scene, 3))["pending"]["rate"]!.GetValue<decimal>());
        Assert.Equal(1, await PaidAsync(world, scene));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        // A rate that is set replaces the one that waits.
        Assert.Null((await SetAsync(scene, 0.5m)).Body!["pending"]);
        Assert.Equal(0.5m, await PaidAsync(world, scene));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        // The programme accepted 1 before.
        Assert.Null((await SetAsync(scene, 1)).Body!["pending"]);
        Assert.Equal(1, await PaidAsync(world, scene));
        var waits = await SetAsync(scene, 3);
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, await PaidAsync(world, scene));
    }

    [Fact]
    public async Task A_higher_rate_from_a_later_moment_is_accepted_for_that_moment_and_not_before()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var from = world.Now.AddDays(5);
        var waits = await SetAsync(scene, 3, from);
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(1, await PaidAsync(world, scene));
        Assert.NotNull((await SetAsync(scene, 3, from.AddDays(-1))).Body!["pending"]);
        Assert.Null((await SetAsync(scene, 3, from.AddDays(1))).Body!["pending"]);
        await world.PassAsync(TimeSpan.FromDays(5), scene.Startup);
        Assert.Equal(3, await PaidAsync(world, scene));
    }

    [Fact]
    public async Task Coming_rates_are_listed_and_each_is_replaced_until_it_is_due()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var from = world.Now.AddMinutes(30);
        await SetAsync(scene, 0.9m, from);
        await SetAsync(scene, 0.8m, from.AddMinutes(10));
        await SetAsync(scene, 0.7m, from);
        var read = await scene.Operator.Get($"/v1/offers/{scene.Offer}");
        Assert.Equal(
            [(0.7m, from), (0.8m, from.AddMinutes(10))],
            read["comingRates"]
                .AsArray()
                .Select(one => (one!["rate"]!.GetValue<decimal>(), one["effectiveFrom"]!.GetValue<DateTimeOffset>()))
        );
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate = 0.1, effectiveFrom = from })).ExpectProblem(
            HttpStatusCode.Conflict,
            "rate-exists",
            "effectiveFrom"
        );
        Assert.Equal(0.7m, await PaidAsync(world, scene));
    }

    [Fact]
    public async Task A_rate_that_waited_past_its_moment_holds_from_its_acceptance_on_also_when_another_begins_then()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var from = world.Now.AddMinutes(10);
        await SetAsync(scene, 0.5m, from);
        var waits = await SetAsync(scene, 2, from);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await PaidAsync(world, scene));
    }

    [Fact]
    public async Task An_offer_has_at_most_twenty_rates_to_come()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        for (var day = 1; day <= 20; day++)
            await SetAsync(scene, 0.5m, world.Now.AddDays(day));
        var before = await world.FingerprintAsync();
        (
            await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate = 0.5, effectiveFrom = world.Now.AddDays(21) })
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "effectiveFrom");
        Assert.Equal(before, await world.FingerprintAsync());
        await SetAsync(scene, 0.4m, world.Now.AddDays(20));
    }

    private static async Task<Reply> SetAsync(Scene scene, decimal rate, DateTimeOffset? effectiveFrom = null) =>
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate, effectiveFrom })).Expect(HttpStatusCode.OK);

    /// <summary>What one GPU-hour takes from the budget now.</summary>
    private static async Task<decimal> PaidAsync(TestWorld world, Scene scene)
    {
        var before = await world.Balance(scene.Programme, "budget");
        var answer = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", answer.Text_("status"));
        return before - await world.Balance(scene.Programme, "budget");
    }
}
