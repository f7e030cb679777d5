using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

public sealed class OverrideTests
{
    [Fact]
    public async Task Only_one_of_overlapping_overrides_made_at_once_is_kept()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.Lifetime("20", id: "limit"));
        Person[] administrators = [world.Admin, second.Admin];
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(i =>
                    administrators[i % 2]
                        .Post("/v1/quota-overrides", PolicyScenes.Override(policy, "limit", scene.Organization, "add", 5 + i))
                )
        );
        Reply.ExpectOne(replies, HttpStatusCode.Created, "overlapping-override", "startsAt");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from quota_overrides"));
    }

    [Fact]
    public async Task An_override_adds_until_it_expires_and_one_that_ended_makes_room_for_another()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerMonth("20", id: "limit"));
        var given = (
            await world.Admin.Post(
                "/v1/quota-overrides",
                PolicyScenes.Override(policy, "limit", scene.Organization, "multiply", 1.5m, expiresAt: world.Now.AddHours(2))
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, 30))).Text_("status"));
        (await world.Admin.Post($"/v1/quota-overrides/{given.Id}/end")).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, 30))).Text_("status"));
        (await world.Admin.Post($"/v1/quota-overrides/{given.Id}/end")).ExpectProblem(HttpStatusCode.Conflict, "override-ended");
        (
            await world.Admin.Post(
                "/v1/quota-overrides",
                PolicyScenes.Override(policy, "limit", scene.Organization, "multiply", 2, expiresAt: world.Now.AddHours(2))
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, 40))).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(3), scene.Startup);
        Assert.Equal("denied", (await scene.Startup.Post("/v1/requests?dryRun=true", Request(scene, 40))).Text_("status"));
    }

    [Theory]
    [InlineData("multiply", 1.5, "factor")]
    [InlineData("add", 2.25, "gpu-hours")]
    public async Task An_override_is_shown_in_the_unit_in_which_it_was_made(string effect, double asked, string unit)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerMonth("20", id: "limit"));
        var amount = (decimal)asked;
        var made = (
            await world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(policy, "limit", scene.Organization, effect, amount))
        ).Expect(HttpStatusCode.Created);
        var listed = (await world.Admin.Get($"/v1/quota-overrides?policyId={policy}")).Expect(HttpStatusCode.OK)["data"][0]!;
        Assert.Equal((amount, unit), (made.Number("amount"), made.Text_("unit")));
        Assert.Equal((amount, unit), (listed["amount"]!.GetValue<decimal>(), listed["unit"]!.GetValue<string>()));
    }

    [Fact]
    public async Task An_override_that_could_never_matter_is_refused_with_its_field()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.Lifetime("20", id: "limit"));
        (await world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(policy, "limit", "startup", "add", 5))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "subject"
        );
        (
            await world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(policy, "limit", scene.Organization, "multiply", 1.0001m))
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "amount");
        (
            await world.Admin.Post(
                "/v1/quota-overrides",
                PolicyScenes.Override(policy, "limit", scene.Organization, "add", 5, expiresAt: world.Now.AddHours(-1))
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "expiresAt");
        (await world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(policy, "other", scene.Organization, "add", 5))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "ruleId"
        );
        (
            await world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(Guid.NewGuid(), "limit", scene.Organization, "add", 5))
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "policyId");
    }

    [Fact]
    public async Task A_reviewer_grants_an_override_with_the_approval_in_one_call()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var given = PolicyScenes.Override(policy, "per-request", scene.Organization, "replace", 50, expiresAt: world.Now.AddDays(7));
        var approved = (
            await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { @override = given }, ("If-Match", asked.ETag))
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", approved.Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 45)).Text_("status"));
        Assert.Equal(asked.Id, await world.ScalarAsync<Guid>("select request_id from quota_overrides"));
    }

    [Fact]
    public async Task An_override_that_is_unfit_leaves_the_request_as_it_was()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var given = PolicyScenes.Override(policy, "another", scene.Organization, "replace", 50);
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { @override = given }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "ruleId"
        );
        Assert.Equal("in-review", (await scene.Startup.Get($"/v1/requests/{asked.Id}")).Text_("status"));
        Assert.Equal(960, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_reviewer_below_does_not_lift_the_limits_of_a_programme_above()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10"));
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var reviewer = await world.Reviewer(child);
        var asked = await scene.Startup.Ask(child, 40);
        var given = PolicyScenes.Override(policy, "per-request", scene.Organization, "replace", 50);
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { @override = given }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from quota_overrides"));
    }

    private static object Request(Scene scene, decimal hours) =>
        new
        {
            programmeId = scene.Programme,
            gpuHours = hours,
            purpose = "Train",
        };
}
