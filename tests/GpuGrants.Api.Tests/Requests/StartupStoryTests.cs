using System.Net;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>docs/startups.md as it happens: a provider with GPUs for some days, and a startup that wants to know before it asks.</summary>
public sealed class StartupStoryTests
{
    [Fact]
    public async Task A_startup_with_a_quote_gets_what_it_was_quoted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(8, 20);
        await world.Fund(scene.Programme, 4_000);
        var hangang = scene.Startup;
        var (_, rival) = await world.Organization(name: "Namsan Labs");

        // Hangang Robotics wants to know before its board meets: 4 GPUs, 200 hours, in ten days. The quote holds for two hours.
        var quote = (
            await hangang.Quote(
                scene.Programme,
                200,
                new
                {
                    gpus = 4,
                    durationDays = 10,
                    validMinutes = 120,
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal((1m, 200m), (quote.Number("rate"), quote.Number("credits")));

        world.Clock.Advance(TimeSpan.FromSeconds(1));

        // A rival takes all that is left of these days. Nothing of the quote is in it.
        var rest = await rival.Ask(scene.Programme, 1_920, new { gpus = 8, durationDays = 10 });
        var left = decimal.Parse(rest["decision"]["reasons"]![0]!["wouldPass"]!.GetValue<string>(), null);
        Assert.Equal(("denied", 1_720m), (rest.Text_("status"), left));
        Assert.Equal("approved", (await rival.Ask(scene.Programme, left, new { gpus = 8, durationDays = 10 })).Text_("status"));

        // The provider raises its rate, and would like its GPUs back. It sees who stands in the way.
        var dearer = (await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate = 4 })).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", dearer.ETag))).Expect(HttpStatusCode.OK);
        var withdraw = $"/v1/offers/{scene.Offer}/tranches/1/withdraw";
        var risk = (await scene.Operator.Post($"{withdraw}?dryRun=true", new { gpus = 8 })).Expect(HttpStatusCode.OK);
        Assert.Contains(quote.Text_("id"), risk["atRisk"].AsArray().Select(one => one!["id"]!.GetValue<string>()));

        // The board agrees after an hour and a half. The grant has the offer, the rate and the end that the quote pinned.
        world.Clock.Advance(TimeSpan.FromMinutes(90));
        hangang.ForgetToken();
        var asked = (await hangang.Use(quote.Id)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        var grant = (await hangang.Get($"/v1/grants/{asked.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal((200m, 1m), (grant.Number("gpuHours"), grant.Number("rate")));
        Assert.Equal(quote["endsAt"].GetValue<DateTimeOffset>(), grant["expiresAt"].GetValue<DateTimeOffset>());

        // A quote is used once. Days later there are hours again, at the new rate.
        (await hangang.Use(quote.Id)).ExpectProblem(HttpStatusCode.Conflict, "quote-used", "quoteId");
        Assert.Equal("denied", (await hangang.Ask(scene.Programme, 10, new { durationDays = 10 })).Text_("status"));
        var later = await hangang.Quote(scene.Programme, 10, new { startsAt = world.Now.AddDays(11), durationDays = 5 });
        Assert.Equal(4, later.Expect(HttpStatusCode.Created).Number("rate"));
    }

    [Fact]
    public async Task Every_snippet_of_the_page_runs_from_tranche_to_grant()
    {
        using var guide = await Guide.OpenAsync("startups.md", atLeast: 5);
        if (guide is null)
            return;

        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 2_000);
        // The programme has accepted 2,000 GPU-hours; the provider now says when they are.
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/withdraw-capacity", new { gpuHours = 2_000 })).Expect(HttpStatusCode.OK);
        using var shell = guide.Start([
            .. world.ForGuides(),
            ("OPERATOR_ID", scene.Operator.ClientId),
            ("OPERATOR_SECRET", scene.Operator.ClientSecret),
            ("STARTUP_ID", scene.Startup.ClientId),
            ("STARTUP_SECRET", scene.Startup.ClientSecret),
            ("UNTIL", world.FullHour().AddDays(10).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null)),
        ]);
        await Guide.ExpectSuccessAsync(shell);
        Assert.Equal("active", await world.ScalarAsync<string>("select status from grants"));
    }
}
