using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>A rule that is published counts what happened before it, and the traffic does not wait for that.</summary>
public sealed class LongHistoryTests
{
    [Fact]
    public async Task Publishing_reads_the_history_in_slices_and_under_the_lock_only_what_happened_since()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:FactsPerSlice=3");
        using var meters = new Meters(world);
        var scene = await world.Scene();
        for (var i = 0; i < 5; i++)
            Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        await world.Policy(scene.Programme, Scenes.Lifetime("1000"), Scenes.PerMonth("1000"));
        var facts = await world.ScalarAsync<long>("select count(*) from quota_facts");
        Assert.Equal((facts, 0), (meters.Sum("gpugrants.quota.folded_facts", "slice"), meters.Sum("gpugrants.quota.folded_facts", "lock")));
        Assert.Equal([25m, 25m], await UsedAsync(scene));
    }

    [Fact]
    public async Task A_rule_of_the_platform_reads_all_trees_in_slices_and_under_the_lock_only_what_happened_since()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:FactsPerSlice=3");
        await using var second = await world.StartSecondAsync("--Pipeline:FactsPerSlice=3");
        using var meters = new Meters(world);
        using var elsewhere = new Meters(second);
        var scene = await world.Scene();
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        for (var i = 0; i < 5; i++)
            Assert.Equal("approved", (await scene.Startup.Ask(i % 2 == 0 ? scene.Programme : other, 5)).Text_("status"));
        var facts = await world.ScalarAsync<long>("select count(*) from quota_facts");
        await world.Policy(
            null,
            Scenes.Lifetime("1000"),
            Scenes.PerMonth("1000"),
            Scenes.Lifetime("1000", id: "kind", level: "organization-kind")
        );
        // Wherever the next request is decided, nobody reads the history again.
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(other, 5)).Text_("status"));
        Assert.Equal(facts, meters.Sum("gpugrants.quota.folded_facts", "slice"));
        Assert.Equal(0, meters.Sum("gpugrants.quota.folded_facts", "lock") + elsewhere.Sum("gpugrants.quota.folded_facts", "lock"));
        Assert.Equal([30m, 30m, 30m], await UsedAsync(scene));
    }

    [Fact]
    public async Task What_is_decided_while_the_history_of_all_trees_is_read_is_counted_once()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:FactsPerSlice=2");
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        await scene.Startup.Ask(scene.Programme, 5);
        var asking = Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => (i % 2 == 0 ? scene.Startup : scene.Startup.On(second)).Ask(i % 3 == 0 ? other : scene.Programme, 1))
        );
        await world.Policy(null, Scenes.Lifetime("1000"));
        await asking;
        await scene.Startup.Ask(other, 1);
        Assert.Equal([26m], await UsedAsync(scene));
    }

    [Fact]
    public async Task What_is_decided_while_a_history_is_read_is_counted_once()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:FactsPerSlice=2");
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 5);
        var asking = Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? scene.Startup : scene.Startup.On(second)).Ask(scene.Programme, 1))
        );
        await world.Policy(scene.Programme, Scenes.Lifetime("1000"));
        await asking;
        await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal([26m], await UsedAsync(scene));
    }

    private static async Task<decimal[]> UsedAsync(Scene scene)
    {
        var quotas = await scene.Headroom();
        return [.. quotas.Select(one => one!["used"]!.GetValue<decimal>())];
    }
}
