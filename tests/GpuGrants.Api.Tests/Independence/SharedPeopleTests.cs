using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Where an organization and a provider share people, no rule approves.</summary>
public sealed class SharedPeopleTests
{
    [Fact]
    public async Task A_rules_approval_on_the_offers_of_ones_own_people_becomes_a_review_by_somebody_outside_both()
    {
        // Rules follow the same setting as people's decisions.
        const string Days = "--Access:IndependenceDays=30";
        await using var world = await TestWorld.StartAsync(Days);
        await using var second = await world.StartSecondAsync(Days);
        var scene = await world.Scene();
        var reviewer = await world.Reviewer(scene.Programme);
        var (_, stranger) = await world.Organization(name: "Another");
        var members = $"/v1/organizations/{scene.Organization}/members";
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));

        (await world.Admin.Post(members, new { principalId = scene.Operator.PrincipalId })).Expect(HttpStatusCode.Created);
        var asked = await scene.Startup.On(second).Ask(scene.Programme, 2, null, ("Accept-Language", "ko"));
        Assert.Equal(("in-review", 0m), (asked.Text_("status"), asked["decision"]["maxGrantableNow"]!.GetValue<decimal>()));
        var reason = Assert.Single(asked["decision"]["reasons"]!.AsArray())!;
        Assert.Equal("provider-shares-people", reason["code"]!.GetValue<string>());
        Assert.Contains("담당자가 심사합니다", reason["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("approved", (await stranger.Ask(scene.Programme, 1)).Text_("status"));
        Assert.True((await reviewer.Get($"/v1/decisions/{asked["decision"]["id"]}/replay"))["same"].GetValue<bool>());

        // Whoever belongs to one of the two does not decide; somebody outside does.
        var involved = await world.Member("/v1/administrators", null);
        (await world.Admin.Post($"/v1/providers/{scene.Provider}/operators", new { principalId = involved.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        (await involved.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-provider"
        );
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);

        // Rules approve on the offers of others, though these cost more.
        var (other, otherOperator) = await world.Provider("Another Cloud");
        var offer = await otherOperator.Offer(scene.Programme, other, rate: 2);
        var elsewhere = await scene.Startup.Ask(scene.Programme, 2);
        Assert.Equal(("approved", offer.ToString()), (elsewhere.Text_("status"), elsewhere["grant"]["offerId"]!.GetValue<string>()));
        (await otherOperator.Patch($"/v1/offers/{offer}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        // Who left counts for as many days as the setting says, whichever of the two they left.
        (await world.Admin.Delete($"{members}/{scene.Operator.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var left = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal("in-review", left.Text_("status"));
        Assert.Contains("within 30 days", left["decision"]["reasons"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await world.PassAsync(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1), scene.Startup);
        Assert.Equal("in-review", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        await world.PassAsync(TimeSpan.FromSeconds(1), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
    }
}
