using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>A limit on use asks what a changed grant may use in all: on the GPUs that it had, and with what it has left by then.</summary>
public sealed class UsedHoursOfChangesTests
{
    [Fact]
    public async Task A_grant_that_gave_GPUs_back_is_asked_with_those_that_it_had()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("50"));
        var midnight = new DateTimeOffset(world.Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        await world.PassAsync(midnight - world.Now, scene.Startup, scene.Operator);
        var grant = await scene.Startup.Ask(scene.Programme, 40, new { gpus = 8, durationDays = 1 });
        var path = $"/v1/grants/{grant.Text_("grantId")}";
        await world.PassAsync(scene, hours: 12);
        (await scene.Startup.Post($"{path}/shrink", new { gpus = 1 })).Expect(HttpStatusCode.OK);

        // Its one GPU can use 24 hours of a day. The eight that it had until now may have used all of the day's limit.
        var denied = (await scene.Startup.Post($"{path}/top-up", new { gpuHours = 500 })).Expect(HttpStatusCode.Created);
        Assert.Equal(("denied", "10"), (denied.Text_("status"), WouldPass(denied)));
        var tomorrow = new { startsAt = midnight.AddDays(1), durationDays = 1 };
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 20, tomorrow)).Text_("status"));
        var later = new { expiresAt = midnight.AddDays(2) };
        Assert.Equal("denied", (await scene.Startup.Post($"{path}/extend", later)).Text_("status"));

        // What fits is given: the day has ten hours left.
        Assert.Equal("approved", (await scene.Startup.Post($"{path}/top-up", new { gpuHours = 10 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m, new { durationDays = 1 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_later_end_that_waited_is_judged_by_what_the_grant_has_left_at_the_verdict()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("60", Scenes.Each("month")));
        await scene.Operator.ApprovingOffer(scene.Programme, scene.Provider);
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var month = new DateTimeOffset(world.Now.Year, world.Now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        await world.PassAsync(month.AddHours(1) - world.Now, scene.Startup, scene.Operator);
        var next = month.AddMonths(1);
        var grant = await Approved(scene, await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 3 }));
        await Approved(scene, await scene.Startup.Ask(scene.Programme, 45, new { startsAt = next.AddDays(1), durationDays = 5 }));
        var later = new { expiresAt = next.AddDays(9) };
        var extension = await Waits(await scene.Startup.Post($"/v1/grants/{grant}/extend", later));
        await Approved(scene, await scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 40 }));

        // Ten hours would fit into the next month. Fifty do not.
        (await Approve(scene, extension)).ExpectProblem(HttpStatusCode.Conflict, "quota-exceeded", "gpuHours");
        await world.Verified();

        // Once 36 of them are used, fourteen are left, and they fit.
        await world.PassAsync(scene, hours: 40);
        await scene.ReportAsync(world, grant, (-38, -2));
        (await Approve(scene, extension)).Expect(HttpStatusCode.OK);
        Assert.Equal(next.AddDays(9), (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>());
        await world.Verified();
    }

    private static string? WouldPass(Reply denied) => denied["decision"]["reasons"]![0]!["wouldPass"]?.GetValue<string>();

    private static Task<Reply> Approve(Scene scene, Guid request) =>
        scene.Operator.Post($"/v1/requests/{request}/approve", null, Person.AnyVersion);

    private static async Task<Guid> Approved(Scene scene, Reply asked)
    {
        var approved = (await Approve(scene, await Waits(asked))).Expect(HttpStatusCode.OK);
        return Guid.Parse(approved.Text_("grantId"));
    }

    private static Task<Guid> Waits(Reply asked)
    {
        Assert.Equal("in-review", asked.Expect(HttpStatusCode.Created).Text_("status"));
        return Task.FromResult(asked.Id);
    }
}
