using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>Reasons point at the field that stands in the way, and at a value that passes.</summary>
public sealed class ObstacleTests
{
    [Fact]
    public async Task When_another_region_alone_would_pass_the_reason_names_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var denied = await scene.Startup.Ask(scene.Programme, 5, new { region = "eu-west" });
        Assert.Equal(("no-suitable-offer", "region", "kr-central"), First(denied));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5, new { region = "kr-central" })).Text_("status"));
    }

    [Fact]
    public async Task When_another_model_alone_would_pass_the_reason_names_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.GpuModel("a100");
        await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 1, rate: 0.5m, model: "a100");
        var denied = await scene.Startup.Ask(scene.Programme, 5, new { gpuModels = new[] { "a100" } });
        var reasons = denied["decision"]["reasons"]!.AsArray();
        Assert.Equal(["capacity-exhausted", "another-offer-passes"], reasons.Select(one => one!["code"]!.GetValue<string>()));
        Assert.Equal(("gpuModels", "h100"), (reasons[1]!.Text_("field"), reasons[1]!.Text_("wouldPass")));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5, new { gpuModels = new[] { "h100" } })).Text_("status"));
    }

    [Fact]
    public async Task When_a_shorter_duration_alone_would_pass_the_reason_names_the_days()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { endsAt = world.Now.AddDays(12) }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        foreach (var language in (string[])["en", "ko"])
        {
            var denied = await scene.Startup.Ask(scene.Programme, 5, null, ("Accept-Language", language));
            Assert.Equal(("no-suitable-offer", "durationDays", "12"), First(denied));
            Assert.Contains("12", denied["decision"]["reasons"]![0]!.Text_("message"), StringComparison.Ordinal);
        }

        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5, new { durationDays = 12 })).Text_("status"));
    }

    [Fact]
    public async Task A_change_that_would_not_pass_either_is_not_advised()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 3);
        var denied = await scene.Startup.Ask(scene.Programme, 5, new { region = "eu-west" });
        Assert.Equal("gpuModels", denied["decision"]["reasons"]![0]!.Text_("field"));
        Assert.Null(denied["decision"]["reasons"]![0]!["wouldPass"]);
    }

    [Fact]
    public async Task A_dry_run_shows_offer_model_provider_and_price()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        foreach (var hours in (decimal[])[10, 20])
        {
            var body = new
            {
                programmeId = scene.Programme,
                gpuHours = hours,
                purpose = "Try",
            };
            var quote = (await scene.Startup.Post("/v1/requests?dryRun=true", body)).Expect(HttpStatusCode.OK)["quote"];
            Assert.Equal((scene.Offer.ToString(), scene.Provider.ToString()), (quote.Text_("offerId"), quote.Text_("providerId")));
            Assert.Equal(("h100", "kr-central"), (quote.Text_("gpuModel"), quote.Text_("region")));
            Assert.Equal((1m, hours), (quote["rate"]!.GetValue<decimal>(), quote["credits"]!.GetValue<decimal>()));
        }
    }

    private static (string Code, string Field, string WouldPass) First(Reply reply)
    {
        Assert.Equal("denied", reply.Text_("status"));
        var reason = reply["decision"]["reasons"]![0]!;
        return (reason.Text_("code"), reason.Text_("field"), reason.Text_("wouldPass"));
    }
}
