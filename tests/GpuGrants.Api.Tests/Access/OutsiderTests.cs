using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>What reviewers may not decide, and what they may not see.</summary>
public sealed class OutsiderTests
{
    [Fact]
    public async Task A_request_is_not_approved_while_its_organization_offer_or_provider_is_suspended_but_may_be_denied()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        Task<Reply> Approve() => reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag));
        Task Set(Person by, string path, string status) => Expect(by.Patch(path, new { status }, Person.AnyVersion));
        foreach (
            var (by, path, stopped, going, code) in new[]
            {
                (scene.Operator, $"/v1/offers/{scene.Offer}", "paused", "open", "offer-not-open"),
                (world.Admin, $"/v1/providers/{scene.Provider}", "suspended", "active", "offer-not-open"),
                (world.Admin, $"/v1/organizations/{scene.Organization}", "suspended", "active", "organization-not-active"),
            }
        )
        {
            await Set(by, path, stopped);
            (await Approve()).ExpectProblem(HttpStatusCode.Conflict, code);
            await Set(by, path, going);
        }

        await Set(world.Admin, $"/v1/organizations/{scene.Organization}", "suspended");
        await Expect(reviewer.Post($"/v1/requests/{asked.Id}/deny", new { reason = "Suspended" }, ("If-Match", asked.ETag)));
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_reviewer_who_belongs_to_the_organization_grants_it_nothing_until_90_days_after_they_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        (
            await world.Admin.Post(
                $"/v1/organizations/{scene.Organization}/members",
                new { principalId = reviewer.PrincipalId, role = "organization-member" }
            )
        ).Expect(HttpStatusCode.Created);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var increase = await scene.Startup.AskIncrease(policy, "per-request", 30);
        var exception = PolicyScenes.Override(policy, "per-request", scene.Organization, "add", 5);
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-organization"
        );
        (await reviewer.Post($"/v1/quota-increases/{increase.Id}/approve", new { }, ("If-Match", increase.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-organization"
        );
        (await reviewer.Post("/v1/quota-overrides", exception)).ExpectProblem(HttpStatusCode.Conflict, "own-organization", "subject");
        var outsider = await world.Reviewer(scene.Programme);
        (await reviewer.Delete($"/v1/organizations/{scene.Organization}/members/{outsider.PrincipalId}")).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        (await reviewer.Delete($"/v1/organizations/{scene.Organization}/members/{reviewer.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-organization"
        );
        await world.PassAsync(TimeSpan.FromDays(90), reviewer, scene.Startup);
        var later = await scene.Startup.Ask(scene.Programme, 40);
        await Expect(reviewer.Post($"/v1/requests/{later.Id}/approve", new { }, ("If-Match", later.ETag)));
    }

    [Fact]
    public async Task A_reviewer_reads_an_organizations_headroom_in_the_programmes_that_it_reviews_only()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        var other = await world.Programme();
        await world.Policy(other, Scenes.PerMonth("50"));
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var reviewer = await world.Reviewer(scene.Programme);
        await scene.Startup.Ask(scene.Programme, 5);
        var path = $"/v1/organizations/{scene.Organization}/headroom";
        (await reviewer.Get($"{path}?programmeId={other}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        await Expect(reviewer.Get($"{path}?programmeId={child}"));
        Assert.Equal(new[] { scene.Programme, child }.Order(), Programmes(await reviewer.Get(path)));
        Assert.Contains(other, Programmes(await scene.Startup.Get(path)));
    }

    private static async Task Expect(Task<Reply> calling) => (await calling).Expect(HttpStatusCode.OK);

    private static IEnumerable<Guid> Programmes(Reply reply) =>
        reply.Expect(HttpStatusCode.OK)["data"].AsArray().Select(one => Guid.Parse(one!["programmeId"]!.GetValue<string>())).Order();
}
