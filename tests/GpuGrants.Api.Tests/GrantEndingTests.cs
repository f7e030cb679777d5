using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>A grant ends in two steps, so that providers are paid for what was used before the end.</summary>
public sealed class GrantEndingTests
{
    [Fact]
    public async Task A_provider_is_paid_for_usage_that_it_reports_after_the_applicant_closed_the_grant()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        Assert.Equal("ending", await CloseAsync(scene, grant));
        await world.PassAsync(scene, hours: 1);
        Assert.Equal(["recorded", "usage-after-grant"], await scene.OutcomesAsync(world, grant, (-5, -3), (-0.9, -0.5)));
        Assert.Equal(["recorded"], await scene.OutcomesAsync(world, grant, (-3, -2)));
        Assert.Equal(3, await world.Balance(scene.Provider, "earned"));
        var settled = (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", "closed", 3, 7), Facts(settled));
        Assert.Equal(997, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(["grant-not-active"], await scene.OutcomesAsync(world, grant, (-6, -5.5)));
        await world.Verified();
    }

    [Fact]
    public async Task Limits_and_time_that_cannot_have_been_used_are_free_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5, Scenes.ActiveGrants(1), Scenes.Gpus(1));
        var denied = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Equal(2, denied["decision"]["reasons"]!.AsArray().Count);
        await CloseAsync(scene, grant);
        // Five of ten hours may have been used.
        Assert.Equal(995 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
        Assert.Equal(995, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
    }

    [Fact]
    public async Task What_nobody_reported_returns_when_the_settlement_period_is_over()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        await CloseAsync(scene, grant);
        await world.PassAsync(scene, hours: 23);
        Assert.Equal(("ending", "closed", 0, 5), Facts(await scene.Startup.Get($"/v1/grants/{grant}")));
        // At the period's end nothing more is taken, also while nobody has swept.
        world.Clock.Advance(TimeSpan.FromHours(1));
        scene.Operator.ForgetToken();
        Assert.Equal(["grant-not-active"], await scene.OutcomesAsync(world, grant, (-26, -25)));
        await world.PassAsync(TimeSpan.Zero, scene.Startup, scene.Operator);
        Assert.Equal(("ended", "closed", 0, 10), Facts(await scene.Startup.Get($"/v1/grants/{grant}")));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(["grant-not-active"], await scene.OutcomesAsync(world, grant, (-26, -25)));
        await world.Verified();
    }

    [Fact]
    public async Task Usage_is_charged_also_when_the_programme_has_ended_meanwhile()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        await CloseAsync(scene, grant);
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end", new { })).Expect(HttpStatusCode.OK);
        Assert.Equal(["recorded"], await scene.OutcomesAsync(world, grant, (-4, -2)));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, await world.Balance(scene.Provider, "earned"));
        await world.Verified();
    }

    [Fact]
    public async Task A_revoked_or_expired_grant_takes_usage_from_before_its_end()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        (await world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Abuse" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(["recorded"], await scene.OutcomesAsync(world, grant, (-1, 0)));
        Assert.Equal("revoked", (await scene.Startup.Get($"/v1/grants/{grant}")).Text_("endedAs"));
        var brief = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 1 })).Text_("grantId"));
        await world.PassAsync(scene, hours: 25);
        Assert.Equal(["recorded", "usage-after-grant"], await scene.OutcomesAsync(world, brief, (-3, -1), (-0.9, -0.5)));
        Assert.Equal(("ending", "expired", 2, 0), Facts(await scene.Startup.Get($"/v1/grants/{brief}")));
        await world.Verified();
    }

    [Fact]
    public async Task Only_a_grant_that_is_ending_is_settled_and_only_once()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-ending", "status");
        await CloseAsync(scene, grant);
        (await scene.Startup.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.Forbidden);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-ending", "status");
        Assert.Equal(
            ["grant.closed", "grant.ended"],
            (await world.ScalarAsync<string>("select string_agg(type, ' ' order by sequence) from events where type like 'grant.%'")).Split(
                ' '
            )
        );
    }

    [Fact]
    public async Task A_grant_keeps_the_settlement_period_that_the_programme_accepted()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(5);
        var offer = (await scene.Operator.Get($"/v1/offers/{scene.Offer}")).Expect(HttpStatusCode.OK);
        Assert.Equal(24, offer.Number("settlementHours"));
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { settlementHours = 721 }, ("If-Match", offer.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "settlementHours"
        );
        // The programme accepted 24 hours, so the provider alone cannot hold its credits for longer.
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { settlementHours = 25 }, ("If-Match", offer.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "settlementHours"
        );
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { settlementHours = 0 }, ("If-Match", offer.ETag))).Expect(
            HttpStatusCode.OK
        );
        var later = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId"));
        await world.PassAsync(scene, hours: 5);
        Assert.Equal("ending", await CloseAsync(scene, grant));
        Assert.Equal("ended", await CloseAsync(scene, later));
        Assert.Equal(990, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_grant_that_cannot_have_been_used_ends_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId"));
        Assert.Equal("ended", await CloseAsync(scene, grant));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
    }

    private static async Task<string> CloseAsync(Scene scene, Guid grant) =>
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK).Text_("status");

    private static (string, string, decimal, decimal) Facts(Reply grant) =>
        (grant.Text_("status"), grant.Text_("endedAs"), grant.Number("usedGpuHours"), grant.Number("returnedGpuHours"));
}
