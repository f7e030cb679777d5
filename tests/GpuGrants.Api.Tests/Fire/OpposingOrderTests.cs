using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Batches of two replicas that want the same things in opposite order.</summary>
public sealed class OpposingOrderTests
{
    [Fact]
    public async Task Batches_over_the_same_trees_and_keys_in_opposite_order_never_deadlock()
    {
        await using var world = await TestWorld.StartAsync();
        var options = new PipelineOptions { Shards = 1 };
        var rich = Guid.NewGuid();
        var trees = new List<Guid>();
        for (var i = 0; i < 8; i++)
            trees.Add(await world.Tree(rich, 1_000));
        await using (var first = await Replica.StartAsync(world.Database, world.Clock, options))
        await using (var second = await Replica.StartAsync(world.Database, world.Clock, options))
        {
            for (var round = 0; round < 15; round++)
            {
                // Each key goes to one tree by the first replica and to another by the second: one of them wins it, and nobody waits in a
                // circle.
                var forward = trees.Select((tree, i) => TryAsync(first, tree, $"{round}-{i}", rich));
                var backward = Enumerable
                    .Range(0, trees.Count)
                    .Reverse()
                    .Select(i => TryAsync(second, trees[(i + 1) % trees.Count], $"{round}-{i}", rich));
                await Task.WhenAll(forward.Concat(backward));
            }
        }

        // PostgreSQL adds up what a connection saw when it ends.
        NpgsqlConnection.ClearPool(new NpgsqlConnection(world.Database));
        Assert.Equal(0L, await world.ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()"));
        Assert.Equal(15L * trees.Count, await world.ScalarAsync<long>("select count(*) from idempotency_keys where renderer is null"));
        Assert.Equal((15L * trees.Count) + trees.Count, await world.ScalarAsync<long>("select count(*) from transfers"));
        await world.Verified();
    }

    /// <summary>A batch that holds the platform's tree may come to the same organization's tree, which is new to both.</summary>
    [Fact]
    public async Task A_batch_locks_the_platforms_tree_before_it_makes_that_of_an_organization()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.Lifetime("5000"), Scenes.Lifetime("9000", id: "for-all", level: "platform"));
        Task<Reply> asked;
        await using (var holder = await world.Locked(Guid.Empty))
        {
            asked = scene.Startup.Ask(scene.Programme, 1);
            await world.UntilBlocked();
            await using var make = new NpgsqlCommand(
                "set local lock_timeout = '1s'; insert into programme_trees (root_programme_id) values ('"
                    + scene.Organization
                    + "') on conflict do nothing",
                holder
            );
            Assert.Equal(1, await make.ExecuteNonQueryAsync());
        }

        Assert.Equal("approved", (await asked).Text_("status"));
    }

    /// <summary>The other tree's use of the key is another body: refused, or a repetition that says so.</summary>
    private static Task<Answer> TryAsync(Replica replica, Guid tree, string key, Guid rich) =>
        replica.SendAsync(tree, key, Step.Post(rich, Guid.NewGuid(), 1));
}
