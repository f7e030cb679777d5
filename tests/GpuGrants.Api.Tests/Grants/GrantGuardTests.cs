using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>What stands in the way of a change of a grant, and what of a moved grant goes on.</summary>
public sealed class GrantGuardTests
{
    [Fact]
    public async Task More_time_needs_the_terms_in_force_and_a_project_that_is_open()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var projects = $"/v1/organizations/{scene.Organization}/projects";
        var project = (await scene.Startup.Post(projects, new { name = "Vision" })).Expect(HttpStatusCode.Created);
        var grant = (await scene.Startup.Ask(scene.Programme, 5, new { projectId = project.Id })).Text_("grantId");
        Task<Reply> MoreAsync() => scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 1 });
        await IsAsync("closed");
        (await MoreAsync()).ExpectProblem(HttpStatusCode.Conflict, "project-not-active", "projectId");
        await IsAsync("active");
        var text = new
        {
            programmeId = scene.Programme,
            title = "Terms of use",
            text = "Be kind.",
        };
        var terms = (await world.Admin.Post("/v1/terms", text)).Expect(HttpStatusCode.Created);
        (await MoreAsync()).ExpectProblem(HttpStatusCode.Forbidden, "terms-not-accepted");
        (await scene.Startup.Post($"/v1/terms/{terms.Id}/accept")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await MoreAsync()).Expect(HttpStatusCode.Created).Text_("status"));

        async Task IsAsync(string status) =>
            (await scene.Startup.Patch($"{projects}/{project.Id}", new { status }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_grant_moves_only_to_offers_of_its_programme_or_of_one_above()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (own, sibling) = (await BelowAsync("Own"), await BelowAsync("Sibling"));
        var (spare, other) = await world.Provider("Spare Cloud");
        var above = await other.Offer(scene.Programme, spare, region: "kr-south");
        var beside = await other.Offer(sibling, spare, region: "kr-north");
        var grant = (await scene.Startup.Ask(own, 5, new { region = "kr-central" })).Text_("grantId");
        (await MoveAsync(world, grant, beside)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "offerId");
        (await MoveAsync(world, grant, above)).Expect(HttpStatusCode.Created);

        Task<Guid> BelowAsync(string name) => world.Programme(parentId: scene.Programme, terms: new { name, ownBudget = false });
    }

    [Fact]
    public async Task A_move_meets_the_limits_that_the_grant_did_not_meet_before()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (spare, other) = await world.Provider("Spare Cloud");
        var offer = await other.Offer(scene.Programme, spare, region: "kr-south");
        await world.Policy(scene.Programme, AtProvider(spare, "5"));
        var (small, large) = (await GrantedAsync(scene, 5), await GrantedAsync(scene, 6));
        (await MoveAsync(world, large, offer)).ExpectProblem(HttpStatusCode.Conflict, "quota-exceeded", "gpuHours");
        (await MoveAsync(world, small, offer)).Expect(HttpStatusCode.Created);
        await world.Verified();
    }

    [Fact]
    public async Task What_a_moved_grant_has_left_goes_on_as_far_as_a_limit_that_it_meets_anew_has_room()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (spare, other) = await world.Provider("Spare Cloud");
        var offer = await other.Offer(scene.Programme, spare, region: "kr-south");
        await world.Policy(scene.Programme, AtProvider(spare, "5"));
        var grant = await GrantedAsync(scene, 6);
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup, scene.Operator, other);
        // Two hours may have been used. Four go on, and the limit has room for one more.
        var moved = (await MoveAsync(world, grant, offer)).Expect(HttpStatusCode.Created);
        Assert.Equal(4, moved.Number("gpuHours"));
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        await ReturnedAsync(world, scene, moved, 5);
    }

    [Fact]
    public async Task What_a_moved_grant_has_left_returns_where_the_grant_that_continues_it_was_closed()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant, moved) = await MovedAsync(world);
        (await scene.Startup.Post($"/v1/grants/{moved.Id}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        await ReturnedAsync(world, scene, moved, 0);
    }

    [Fact]
    public async Task What_a_moved_grant_has_left_returns_where_the_grant_that_continues_it_has_expired_and_nobody_swept()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant, moved) = await MovedAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(22));
        scene.Startup.ForgetToken();
        scene.Operator.ForgetToken();
        world.Admin.ForgetToken();
        (await scene.Operator.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK);
        await ReturnedAsync(world, scene, moved, 4);
    }

    [Fact]
    public async Task A_grant_is_handed_on_and_suspended_a_bounded_number_of_times()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = await GrantedAsync(scene, 5);
        var projects = new List<Guid>();
        foreach (var name in (string[])["Speech", "Vision"])
            projects.Add(await scene.Project(name));
        for (var i = 0; i < 100; i++)
            (await HandAsync(i)).Expect(HttpStatusCode.OK);
        (await HandAsync(0)).ExpectProblem(HttpStatusCode.Conflict, "too-many-handovers", "status");
        for (var i = 0; i < 100; i++)
        {
            (await StopAsync("suspend")).Expect(HttpStatusCode.OK);
            (await StopAsync("resume")).Expect(HttpStatusCode.OK);
        }

        (await StopAsync("suspend")).ExpectProblem(HttpStatusCode.Conflict, "too-many-suspensions", "status");

        Task<Reply> HandAsync(int i) => scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = projects[i % 2] });

        Task<Reply> StopAsync(string act) => world.Admin.Post($"/v1/grants/{grant}/{act}", new { reason = "Looked at" }, Person.AnyVersion);
    }

    /// <summary>A grant for a day, of whose six hours four went on to another provider after two.</summary>
    private static async Task<(Scene Scene, Guid Grant, Reply Moved)> MovedAsync(TestWorld world)
    {
        var scene = await world.Scene();
        var (spare, other) = await world.Provider("Spare Cloud");
        var offer = await other.Offer(scene.Programme, spare, region: "kr-south");
        var grant = await GrantedAsync(scene, 6, new { region = "kr-central", durationDays = 1 });
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup, scene.Operator, other);
        var moved = (await MoveAsync(world, grant, offer)).Expect(HttpStatusCode.Created);
        Assert.Equal(4, moved.Number("gpuHours"));
        return (scene, grant, moved);
    }

    /// <summary>The other grant has so much, and all else is back at the budget.</summary>
    private static async Task ReturnedAsync(TestWorld world, Scene scene, Reply moved, decimal left)
    {
        Assert.Equal(left, (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Number("remainingGpuHours"));
        Assert.Equal(1_000 - left, await world.Balance(scene.Programme, "budget"));
        await world.Verified();
    }

    private static async Task<Guid> GrantedAsync(Scene scene, decimal hours, object? more = null) =>
        Guid.Parse(
            (await scene.Startup.Ask(scene.Programme, hours, more ?? new { region = "kr-central" }))
                .Expect(HttpStatusCode.Created)
                .Text_("grantId")
        );

    private static Task<Reply> MoveAsync(TestWorld world, object grant, Guid offer) =>
        world.Admin.Post($"/v1/grants/{grant}/move", new { offerId = offer, reason = "The provider withdraws" }, Person.AnyVersion);

    /// <summary>Hours that an organization may have of one provider.</summary>
    private static object AtProvider(Guid provider, string hours) =>
        new
        {
            id = "at-provider",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new { kind = "lifetime" },
            filter = new { providers = new[] { provider } },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };
}
