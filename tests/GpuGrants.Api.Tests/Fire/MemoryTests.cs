using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using GpuGrants.Trees;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>What a replica remembers between batches is bounded.</summary>
public sealed class MemoryTests
{
    [Fact]
    public async Task A_replica_remembers_a_bounded_number_of_trees_and_every_tree_stays_right()
    {
        await using var world = await TestWorld.StartAsync();
        await using var replica = await Replica.StartAsync(
            world.Database,
            world.Clock,
            new PipelineOptions { Shards = 1, CachedTrees = 4 }
        );
        var trees = Enumerable.Range(0, 12).Select(_ => (Tree: Guid.CreateVersion7(), Rich: Guid.NewGuid())).ToList();
        foreach (var (tree, rich) in trees)
            Assert.Null((await replica.PostAsync(tree, Step.Post(tree, rich, 10))).Refused);
        foreach (var (tree, rich) in trees)
            Assert.Null((await replica.PostAsync(tree, Step.Post(rich, Guid.NewGuid(), 8))).Refused);
        foreach (var (tree, rich) in trees)
            Assert.Equal("insufficient-balance", (await replica.PostAsync(tree, Step.Post(rich, Guid.NewGuid(), 8))).Refused);
        await world.Verified();
    }

    [Fact]
    public void The_least_recently_used_trees_are_forgotten_first()
    {
        var cache = new TreeCache(trees: 8, rowsPerTree: 10);
        var trees = Enumerable.Range(0, 100).Select(_ => TreeId.Of(Guid.NewGuid())).ToList();
        foreach (var tree in trees)
        {
            cache.CheckIn(cache.CheckOut(tree));
            cache.CheckIn(cache.CheckOut(trees[0]));
            Assert.InRange(cache.Count, 1, 8);
        }

        var known = cache.CheckOut(trees[0]);
        cache.CheckIn(known);
        Assert.Same(known, cache.CheckOut(trees[0]));
        Assert.NotSame(known, cache.CheckOut(trees[0]));
    }
}
