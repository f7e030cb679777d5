using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: holds ignored in the balance check.</summary>
public sealed class HoldsCountTests
{
    [Fact]
    public async Task What_is_held_on_one_replica_cannot_be_spent_or_held_again_on_another()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 100);
        var hold = Step.Hold(rich, poor, 80, TimeSpan.FromHours(1));
        Assert.Null((await world.Post(tree, hold)).Refused);
        Assert.Equal("insufficient-balance", (await other.PostAsync(tree, Step.Post(rich, poor, 21))).Refused);
        Assert.Equal("insufficient-balance", (await other.PostAsync(tree, Step.Hold(rich, poor, 21, TimeSpan.FromHours(1)))).Refused);
        // And what is only held for somebody is not yet his to spend.
        Assert.Equal("insufficient-balance", (await other.PostAsync(tree, Step.Post(poor, rich, 1))).Refused);
        Assert.Null((await other.PostAsync(tree, Step.Post(rich, poor, 20))).Refused);
        Assert.Null((await other.PostAsync(tree, Step.End(hold.Id, 50))).Refused);
        Assert.Equal((30L, 70L), (await world.Available(rich), await world.Available(poor)));
        await world.Verified();
    }

    [Fact]
    public async Task Exactly_the_covered_ones_of_100_concurrent_holds_and_transfers_succeed_on_two_replicas()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 30);
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(i =>
                {
                    var step = i % 4 < 2 ? Step.Hold(rich, poor, 1, TimeSpan.FromHours(1)) : Step.Post(rich, poor, 1);
                    return i % 2 == 0 ? world.Post(tree, step) : other.PostAsync(tree, step);
                })
        );
        Assert.Equal(30, outcomes.Count(outcome => outcome.Refused is null));
        Assert.Equal(0, await world.Available(rich));
        await world.Verified();
    }
}
