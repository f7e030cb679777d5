using System.Net;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>A renewal is a renewal for as long as it can be decided: of a grant that goes on, on its offer, with its report.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task Nothing_of_a_renewal_outlives_the_revocation_of_its_grant()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("20"), Scenes.Lifetime("100")]);
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        var denied = (await Renew(scene, grant, new { gpuHours = 200 })).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", denied.Text_("status"));
        var waits = (await Renew(scene, grant, new { gpuHours = 30 })).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        (await world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Misused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var before = await world.FingerprintAsync();
        await Gone(scene.Startup, $"/v1/requests/{denied.Id}/accept-counter-offer", new { });
        await Gone(scene.Startup, $"/v1/requests/{waits.Id}/amend", new { gpuHours = 25 });
        await Gone(world.Admin, $"/v1/requests/{waits.Id}/approve", new { });
        await Gone(scene.Startup, $"/v1/grants/{grant}/renew", new { });
        Assert.Equal(before, await world.FingerprintAsync());
        (await world.Admin.Post($"/v1/requests/{waits.Id}/deny", new { reason = "The grant was revoked" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task A_renewal_is_made_of_the_grant_as_it_is_when_the_renewal_is_decided()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var asked = await scene.Startup.Ask(scene.Programme, 10, new { projectId = await scene.Project("Speech"), durationDays = 2 });
        var grant = asked.Text_("grantId");
        var vision = await scene.Project("Vision");
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>().AddDays(1);

        // The grant is handed on while a renewal waits for the tree, and extended before that.
        var tree = await world.Locked(scene.Programme);
        var extended = scene.Startup.Post($"/v1/grants/{grant}/extend", new { expiresAt = end });
        await world.UntilBlocked();
        var renewed = scene.Startup.On(second).Post($"/v1/grants/{grant}/renew", new { });
        await world.UntilBlocked(2);
        await tree.DisposeAsync();
        Assert.Equal("approved", (await extended).Expect(HttpStatusCode.Created).Text_("status"));
        Assert.Equal(end, (await GrantOf(await renewed))["startsAt"]!.GetValue<DateTimeOffset>());

        tree = await world.Locked(scene.Programme);
        var handed = scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = vision });
        await world.UntilBlocked();
        renewed = scene.Startup.On(second).Post($"/v1/grants/{grant}/renew", new { });
        await world.UntilBlocked(2);
        await tree.DisposeAsync();
        (await handed).Expect(HttpStatusCode.OK);
        Assert.Equal(vision.ToString(), (await GrantOf(await renewed)).Text_("projectId"));

        async Task<Reply> GrantOf(Reply reply)
        {
            Assert.Equal("approved", reply.Expect(HttpStatusCode.Created).Text_("status"));
            return (await scene.Startup.Get($"/v1/grants/{reply.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_counter_offer_and_an_amendment_of_a_renewal_stay_on_the_offer_and_keep_the_report()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("20"), Scenes.Lifetime("100")]);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { renewalsNeedReport = true }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var cheaper = await scene.Operator.Offer(scene.Programme, scene.Provider, rate: 0.5m);
        const string Report = "A model is in use.";
        var denied = (await Renew(scene, grant, new { gpuHours = 200, report = Report })).Expect(HttpStatusCode.Created);
        var taken = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", 20m), (taken.Text_("status"), taken.Number("gpuHours")));
        var next = (await scene.Startup.Get($"/v1/grants/{taken.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal((scene.Offer.ToString(), grant), (next.Text_("offerId"), next.Text_("continuesGrantId")));
        Assert.Equal(Report, (await world.Admin.Get($"/v1/requests/{taken.Id}")).Text_("report"));

        var waits = (await Renew(scene, grant, new { gpuHours = 40, report = Report })).Expect(HttpStatusCode.Created);
        var amended = (await scene.Startup.Post($"/v1/requests/{waits.Id}/amend", new { gpuHours = 15 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("approved", amended.Text_("status"));
        Assert.Equal(scene.Offer.ToString(), (await scene.Startup.Get($"/v1/grants/{amended.Text_("grantId")}")).Text_("offerId"));
        Assert.Equal(1_000, await world.HoursOf(cheaper, "capacity"));
    }

    [Fact]
    public async Task A_counter_offer_of_a_renewal_without_the_report_that_is_asked_for_by_now_is_gone()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("100"));
        var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
        var denied = (await Renew(scene, grant, new { gpuHours = 200 })).Expect(HttpStatusCode.Created);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { renewalsNeedReport = true }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).ExpectProblem(
            HttpStatusCode.Conflict,
            "counter-offer-gone",
            "report"
        );
    }

    private static Task<Reply> Renew(Scene scene, string grant, object body) => scene.Startup.Post($"/v1/grants/{grant}/renew", body);

    private static async Task Gone(Person person, string path, object body) =>
        (await person.Post(path, body, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-renewable", "status");
}
