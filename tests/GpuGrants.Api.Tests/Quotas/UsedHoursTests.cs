using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>A limit on use counts what grants may still use.</summary>
public sealed class UsedHoursTests
{
    [Fact]
    public async Task What_was_granted_and_is_neither_used_nor_returned_counts()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("20", Scenes.Life));
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        Assert.Equal("approved", asked.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 20)).Text_("status"));
        Assert.Equal((0, 20), await StandingAsync(scene));
        var grant = Guid.Parse(asked.Text_("grantId"));
        await world.PassAsync(scene, hours: 6);
        await scene.ReportAsync(world, grant, (-5, 0));
        Assert.Equal((5, 15), await StandingAsync(scene));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        // Six hours may have been used, so one stays reserved until the provider has reported all.
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal((5, 1), await StandingAsync(scene));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 16)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_rule_that_comes_later_counts_what_is_outstanding_already()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 12)).Text_("grantId"));
        await world.PassAsync(scene, hours: 5);
        await scene.ReportAsync(world, grant, (-4, -1));
        await world.Policy(scene.Programme, Scenes.UsedHours("20", Scenes.Life));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
        Assert.Equal((3, 9), await StandingAsync(scene));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 8)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_request_counts_in_each_month_of_its_dates_and_a_hold_counts_like_a_grant()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.UsedHours("20", Scenes.Each("month")), Scenes.PerRequest("10")]);
        var held = await scene.Startup.Ask(scene.Programme, 15, new { durationDays = 90 });
        Assert.Equal("in-review", held.Text_("status"));
        var later = new { startsAt = world.Now.AddDays(40), durationDays = 5 };
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 6, later)).Text_("status"));
        (await scene.Startup.Post($"/v1/requests/{held.Id}/withdraw")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10, later)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10, later)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, later)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_record_across_midnight_counts_on_both_days()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("24"));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId"));
        var midnight = new DateTimeOffset(world.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        await world.PassAsync(midnight.AddHours(3) - world.Now, scene.Startup, scene.Operator);
        await scene.ReportAsync(world, grant, (-4, 0));
        Assert.Equal((3, 6), await StandingAsync(scene));

        // One GPU for the last two hours of a day uses no more than two hours of it.
        var day = midnight.AddDays(3);
        foreach (var (hours, startsAt) in new[] { (18m, day.AddHours(22)), (16m, day) })
        {
            var asked = await scene.Startup.Ask(scene.Programme, hours, new { startsAt, durationDays = 1 });
            Assert.Equal((hours, "approved"), (hours, asked.Text_("status")));
        }

        await world.Verified();
    }

    [Fact]
    public async Task An_increase_that_a_rule_grants_by_itself_unlocks_no_hours_of_months_ago()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(
            scene.Programme,
            new
            {
                id = "monthly",
                measure = "gpu-hours-granted",
                subject = new { level = "organization" },
                window = new
                {
                    kind = "calendar",
                    unit = "month",
                    carryOver = new { max = new { gpuHours = "500" } },
                },
                limit = new { gpuHours = "10" },
                increaseCeiling = new { gpuHours = "50" },
                outcome = "deny",
            }
        );
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10)).Text_("status"));
        await world.PassAsync(TimeSpan.FromDays(93), scene.Startup, scene.Operator);
        var raised = await scene.Startup.AskIncrease(policy, "monthly", 50);
        Assert.Equal("approved", raised.Expect(HttpStatusCode.Created).Text_("status"));
        var headroom = await HeadroomAsync(scene);
        // Two whole months of ten hours, and fifty in this one.
        Assert.Equal((20, 70), (headroom.Number("carried"), headroom.Number("limit")));
    }

    private static async Task<(decimal Used, decimal Held)> StandingAsync(Scene scene)
    {
        var used = await HeadroomAsync(scene);
        return (used.Number("used"), used.Number("held"));
    }

    /// <summary>Where the startup stands with the first rule.</summary>
    private static async Task<Amounts> HeadroomAsync(Scene scene)
    {
        return new Amounts((await scene.Headroom()).First(one => one!["rule"]!.GetValue<string>() is "used" or "monthly")!.AsObject());
    }

    private sealed record Amounts(System.Text.Json.Nodes.JsonObject Json)
    {
        public decimal Number(string member) => Json[member]!.GetValue<decimal>();
    }
}
