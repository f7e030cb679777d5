using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Programmes;

/// <summary>What a programme shows of its budget, and to whom.</summary>
public sealed class BalanceTests
{
    [Fact]
    public async Task A_programme_shows_its_people_what_is_available_and_held_and_others_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100, rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var child = await world.Programme(0, scene.Programme, new { ownBudget = false });
        var below = await world.Reviewer(child);
        var unfunded = await world.Programme();
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 8)).Text_("status"));
        Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 30)).Text_("status"));
        var seen = (await reviewer.Get($"/v1/programmes/{scene.Programme}")).Expect(HttpStatusCode.OK);
        Assert.Equal((62m, 30m), Balance(seen["balance"]));
        var listed = (await reviewer.Get("/v1/programmes"))["data"].AsArray();
        Assert.Equal((62m, 30m), Balance(listed.Single(one => one!["id"]!.GetValue<Guid>() == scene.Programme)!["balance"]!));
        Assert.Null(listed.Single(one => one!["id"]!.GetValue<Guid>() == unfunded)!["balance"]);
        Assert.Equal((0m, 0m), Balance((await world.Admin.Get($"/v1/programmes/{unfunded}"))["balance"]));
        foreach (var (person, programme) in new[] { (scene.Startup, scene.Programme), (below, scene.Programme), (below, child) })
            Assert.Null((await person.Get($"/v1/programmes/{programme}")).Expect(HttpStatusCode.OK).Body!["balance"]);
        // The answer has another tag when the budget changes, and a change by the earlier tag still passes.
        await world.Fund(scene.Programme, 5);
        var later = await reviewer.Get($"/v1/programmes/{scene.Programme}");
        Assert.NotEqual(seen.ETag, later.ETag);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { description = "New" }, ("If-Match", seen.ETag))).Expect(
            HttpStatusCode.OK
        );
    }

    private static (decimal Available, decimal Held) Balance(System.Text.Json.Nodes.JsonNode balance) =>
        (balance["available"]!.GetValue<decimal>(), balance["held"]!.GetValue<decimal>());
}
