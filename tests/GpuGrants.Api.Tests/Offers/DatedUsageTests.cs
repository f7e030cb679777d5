using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>What is reported, corrected and excused of grants on dated tranches: nobody loses hours that were promised.</summary>
public sealed class DatedUsageTests
{
    [Theory]
    [InlineData("void")]
    [InlineData("replace")]
    [InlineData("dispute")]
    [InlineData("outage")]
    public async Task Hours_that_come_back_return_where_the_offer_promised_them_to_others(string act)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var (grant, record) = await UsedAsync(world, scene);
        // 140 hours are left. 20 of them are the first grant's, as it used a hundred.
        var other = await scene.Granted(120, new { durationDays = 5 });
        var back = act == "replace" ? 60 : 100;
        Assert.Equal(back * 3_600, await BackAsync(world, scene, grant, record, act));
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal((20m, (decimal)back), (read.Number("remainingGpuHours"), read.Number("returnedGpuHours")));
        Assert.Equal(back, await world.Capacity(scene.Offer));
        // Neither grant gets anything more of these days, and both have all that they were promised.
        foreach (var one in (Guid[])[grant, other])
            Assert.Equal("denied", (await scene.Startup.Post($"/v1/grants/{one}/top-up", new { gpuHours = 0.01 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m, new { durationDays = 5 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task Hours_that_come_back_stay_with_the_grant_as_far_as_nobody_was_promised_them()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var (grant, record) = await UsedAsync(world, scene);
        var other = await scene.Granted(100, new { durationDays = 5 });
        var voided = (
            await scene.Operator.Post(
                $"/v1/grants/{grant}/usage-records/{record}/void",
                new { reason = "Not theirs" },
                ("Accept-Language", "ko")
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ("hours-promised", 80 * 3_600),
            (voided["returned"]["reason"]!.GetValue<string>(), voided["returned"]["gpuSeconds"]!.GetValue<int>())
        );
        Assert.Contains("약속", voided["returned"]["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(40, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));

        // Once the other grant ends, what comes back finds room.
        (await scene.Startup.Post($"/v1/grants/{other}/close")).Expect(HttpStatusCode.OK);
        var again = (await scene.ReportAsync(world, grant, (-10, 0))).Ids[0];
        var kept = await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{again}/void", new { reason = "Not theirs" });
        Assert.DoesNotContain("returned", kept.Expect(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        Assert.Equal(40, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("remainingGpuHours"));
        await world.Verified();
    }

    [Fact]
    public async Task Hours_that_were_used_and_are_reported_later_do_not_pass_as_undelivered()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var grant = await scene.Granted(120, new { durationDays = 10 });
        // Each night its provider reports the day before, some hours after the day's undelivered hours went back.
        for (var day = 0; day < 5; day++)
        {
            await world.PassAsync(TimeSpan.FromDays(1), scene.Startup, scene.Operator);
            await scene.ReportAsync(world, grant, (-24, 0));
        }

        Assert.Equal(120, await world.Capacity(scene.Offer));
        await scene.Granted(120, new { durationDays = 5 });
        await world.Verified();
    }

    /// <summary>A grant of 120 hours on one GPU within ten days. It used the first hundred hours.</summary>
    private static async Task<(Guid Grant, Guid Record)> UsedAsync(TestWorld world, Scene scene)
    {
        var grant = await scene.Granted(120, new { durationDays = 10 });
        world.Clock.Advance(TimeSpan.FromHours(100));
        foreach (var person in (Person[])[scene.Startup, scene.Operator, world.Admin])
            person.ForgetToken();
        return (grant, (await scene.ReportAsync(world, grant, (-100, 0))).Ids[0]);
    }

    /// <summary>Gives back what the record charged, or most of it.</summary>
    /// <returns>GPU-seconds that returned to budget and offer.</returns>
    private static async Task<decimal> BackAsync(TestWorld world, Scene scene, Guid grant, Guid record, string act)
    {
        var path = $"/v1/grants/{grant}/usage-records/{record}";
        var (from, to) = (world.Now.AddHours(-100), world.Now);
        switch (act)
        {
            case "void":
                var voided = await scene.Operator.Post(path + "/void", new { reason = "Not theirs" });
                return voided.Expect(HttpStatusCode.OK)["returned"]["gpuSeconds"]!.GetValue<decimal>();
            case "replace":
                var less = new
                {
                    gpus = 1,
                    startedAt = from,
                    endedAt = from.AddHours(40),
                    reason = "Metered again",
                };
                var replaced = await scene.Operator.Post(path + "/replace", less);
                return replaced.Expect(HttpStatusCode.OK)["returned"]["gpuSeconds"]!.GetValue<decimal>();
            case "dispute":
                var dispute = (await scene.Startup.Post(path + "/dispute", new { reason = "No" })).Expect(HttpStatusCode.Created);
                var upheld = await world.Admin.Post(
                    $"/v1/usage-disputes/{dispute.Id}/uphold",
                    new { reason = "It is so" },
                    Person.AnyVersion
                );
                return upheld.Expect(HttpStatusCode.OK).Number("returnedGpuSeconds");
            default:
                var body = new
                {
                    startedAt = from,
                    endedAt = to,
                    evidence = "The status page",
                };
                var outage = await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", body);
                return outage.Expect(HttpStatusCode.Created).Number("returnedGpuSeconds");
        }
    }
}
