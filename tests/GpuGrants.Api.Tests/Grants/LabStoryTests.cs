using System.Net;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>docs/labs.md as it happens: a lab whose grant starts early, grows, lasts longer, and goes on the next term.</summary>
public sealed class LabStoryTests
{
    [Fact]
    public async Task A_lab_starts_early_needs_more_and_renews_with_a_report()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 1_000, capacity: 1_000, Scenes.PerRequest("45"));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { renewalsNeedReport = true }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var lab = scene.Startup;

        // The lab asks ten days ahead. Its forty hours are its own from the award on.
        var term = (
            await lab.Ask(
                scene.Programme,
                40,
                new
                {
                    gpus = 2,
                    durationDays = 20,
                    startsAt = world.Now.AddDays(10),
                }
            )
        ).Expect(HttpStatusCode.Created);
        var grant = $"/v1/grants/{term.Text_("grantId")}";
        Assert.Equal("scheduled", (await lab.Get(grant)).Text_("status"));
        Assert.Equal(960, await world.Balance(scene.Programme, "budget"));

        // The machines are ready sooner, so it starts now.
        var started = (await lab.Post($"{grant}/activate")).Expect(HttpStatusCode.OK);
        Assert.Equal(("active", world.Now), (started.Text_("status"), started["startsAt"]!.GetValue<DateTimeOffset>()));

        // It trains for five hours, and needs ten more and ten days longer.
        await world.PassAsync(TimeSpan.FromHours(5), lab, scene.Operator);
        await scene.ReportAsync(world, Guid.Parse(term.Text_("grantId")), (-5, 0));
        Assert.Equal("approved", (await lab.Post($"{grant}/top-up", new { gpuHours = 10 })).Expect(HttpStatusCode.Created).Text_("status"));
        var end = (await lab.Get(grant))["expiresAt"]!.GetValue<DateTimeOffset>().AddDays(10);
        Assert.Equal(
            "approved",
            (await lab.Post($"{grant}/extend", new { expiresAt = end })).Expect(HttpStatusCode.Created).Text_("status")
        );
        var longer = await lab.Get(grant);
        Assert.Equal((45m, end), (longer.Number("remainingGpuHours"), longer["expiresAt"]!.GetValue<DateTimeOffset>()));

        // An experiment less: five hours go back.
        (await lab.Post($"{grant}/shrink", new { gpuHours = 5 })).Expect(HttpStatusCode.OK);
        Assert.Equal(955, await world.Balance(scene.Programme, "budget"));

        // The next term begins. The programme asks for a report on this one, and a reviewer decides, because the hours are above the limit.
        var before = await world.FingerprintAsync();
        (await lab.Post($"{grant}/renew", new { gpuHours = 60 })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "report");
        Assert.Equal(before, await world.FingerprintAsync());
        var renewal = (await lab.Post($"{grant}/renew", new { gpuHours = 60, report = "Two models are in use at three clinics." })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(("in-review", "renew"), (renewal.Text_("status"), renewal.Text_("change")));
        var seen = (await world.Admin.Get($"/v1/requests/{renewal.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("Two models are in use at three clinics.", seen.Text_("report"));
        var approved = (await world.Admin.Post($"/v1/requests/{renewal.Id}/approve", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var next = (await lab.Get($"/v1/grants/{approved.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("scheduled", term.Text_("grantId")), (next.Text_("status"), next.Text_("continuesGrantId")));
        Assert.Equal(end, next["startsAt"]!.GetValue<DateTimeOffset>());

        // The first ends and returns what it did not use. The second starts at that very moment.
        world.Clock.Advance(end - world.Now);
        await world.PassAsync(TimeSpan.Zero, lab, scene.Operator);
        Assert.Equal("ending", (await lab.Get(grant)).Text_("status"));
        Assert.Equal("active", (await lab.Get($"/v1/grants/{next.Id}")).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(25), lab, scene.Operator);
        Assert.Equal(1_000 - 5 - 60, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(1_000 - 5 - 60, await world.HoursOf(scene.Offer, "capacity"));

        // A revoked grant is not renewed.
        (await world.Admin.Post($"/v1/grants/{next.Id}/revoke", new { reason = "Misused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await lab.Post($"/v1/grants/{next.Id}/renew", new { report = "It went well." })).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-not-renewable",
            "status"
        );
        await world.Verified();
    }

    [Fact]
    public async Task Every_snippet_of_the_page_runs_from_the_ask_to_the_renewal()
    {
        using var guide = await Guide.OpenAsync("labs.md", atLeast: 7);
        if (guide is null)
            return;

        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { renewalsNeedReport = true }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        using var shell = guide.Start([
            .. world.ForGuides(),
            ("LAB_ID", scene.Startup.ClientId),
            ("LAB_SECRET", scene.Startup.ClientSecret),
            ("PROGRAMME", scene.Programme.ToString()),
            ("ORGANIZATION", scene.Organization.ToString()),
            ("START", world.Now.AddDays(10).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null)),
        ]);
        await Guide.ExpectSuccessAsync(shell);
        Assert.Equal("scheduled", await world.ScalarAsync<string>("select status from grants where continues_grant_id is not null"));
    }
}
