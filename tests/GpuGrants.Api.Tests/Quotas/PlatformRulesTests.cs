using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Where rules of the platform count, and whom they make wait.</summary>
public sealed class PlatformRulesTests
{
    [Fact]
    public async Task A_rule_per_organization_counts_in_the_organizations_own_tree_and_nobody_meets_on_the_platform()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var other = await OtherProgrammeAsync(world, scene);
        var (another, owner) = await world.Organization(name: "Another");
        await world.Policy(null, Scenes.Lifetime("10"));
        // The first request makes the counters of the new rule, while nobody else decides.
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 6)).Text_("status"));
        await using (await world.Locked(Guid.Empty))
        {
            Assert.Equal("denied", (await scene.Startup.Ask(other, 6)).Text_("status"));
            Assert.Equal("approved", (await scene.Startup.Ask(other, 4)).Text_("status"));
            Assert.Equal("approved", (await owner.Ask(other, 6)).Text_("status"));
        }

        Assert.Equal(
            2L,
            await world.ScalarAsync<long>(
                "select count(*) from subject_counters where root_programme_id::text = subject_id and subject_id = any($1)",
                (object)new[] { scene.Organization.ToString(), another.ToString() }
            )
        );
        Assert.Equal(0L, await world.ScalarAsync<long>("select event_sequence from programme_trees where root_programme_id = $1", another));
    }

    [Fact]
    public async Task A_rule_that_counts_everybody_together_warns_and_makes_only_those_wait_whom_it_matches()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.GpuModel("t4", 16);
        await scene.Operator.Offer(scene.Programme, scene.Provider, model: "t4");
        var warning = Assert.Single((await PublishAsync(world, Everybody("20", "t4")))["warnings"].AsArray())!;
        Assert.Equal(("everybody", "locks-platform"), (warning["ruleId"]!.GetValue<string>(), warning["code"]!.GetValue<string>()));
        Assert.Equal("approved", (await Ask("t4", 15)).Text_("status"));
        Task<Reply> waiting;
        await using (await world.Locked(Guid.Empty))
        {
            Assert.Equal("approved", (await Ask("h100", 15)).Text_("status"));
            waiting = Ask("t4", 15);
            await world.UntilBlocked();
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal("denied", (await waiting).Text_("status"));

        Task<Reply> Ask(string model, decimal hours) => scene.Startup.Ask(scene.Programme, hours, new { gpuModels = new[] { model } });
    }

    [Fact]
    public async Task A_rule_of_the_platform_that_comes_later_counts_the_past_of_all_trees_and_headroom_shows_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var other = await OtherProgrammeAsync(world, scene);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 6)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(other, 3)).Text_("status"));
        // A rule per organization locks no tree of all, but people who make organizations multiply it.
        var warning = Assert.Single((await PublishAsync(world, Scenes.Lifetime("10")))["warnings"].AsArray())!;
        Assert.Equal("limit-multiplies", warning["code"]!.GetValue<string>());
        // First a dry run makes the counters for itself, then a decision for all, then they are read.
        await HeadroomAsync(1);
        Assert.Equal("denied", (await scene.Startup.Ask(other, 2)).Text_("status"));
        await HeadroomAsync(1);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        await HeadroomAsync(0);

        async Task HeadroomAsync(decimal left)
        {
            var quota = Assert.Single(await scene.Headroom(other))!;
            Assert.Equal(left, quota["remaining"]!.GetValue<decimal>());
        }
    }

    [Fact]
    public async Task A_rule_that_goes_and_comes_back_counts_what_happened_meanwhile()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var elsewhere = scene.Startup.On(second);
        var policy = await world.Policy(null, Scenes.Lifetime("10"));
        Assert.Equal("approved", (await elsewhere.Ask(scene.Programme, 4)).Text_("status"));
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, ("If-Match", seen.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        await world.Policy(null, Scenes.Lifetime("10"));
        Assert.Equal("denied", (await elsewhere.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Equal("approved", (await elsewhere.Ask(scene.Programme, 1)).Text_("status"));
    }

    private static async Task<Guid> OtherProgrammeAsync(TestWorld world, Scene scene)
    {
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        return other;
    }

    private static async Task<Reply> PublishAsync(TestWorld world, object rule)
    {
        var made = (
            await world.Admin.Post("/v1/quota-policies", new { name = "Platform", document = new { rules = new[] { rule } } })
        ).Expect(HttpStatusCode.Created);
        return (await world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag))).Expect(
            HttpStatusCode.OK
        );
    }

    private static object Everybody(string hours, string model) =>
        new
        {
            id = "everybody",
            measure = "gpu-hours-granted",
            subject = new { level = "platform" },
            filter = new { gpuModels = new[] { model } },
            window = new { kind = "lifetime" },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };
}
