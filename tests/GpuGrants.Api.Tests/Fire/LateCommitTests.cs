using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>A sealer races a late commit.</summary>
public sealed class LateCommitTests
{
    [Fact]
    public async Task A_commit_that_comes_after_the_seal_is_sealed_by_the_next_and_nothing_is_left_out()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var (tree, elsewhere) = (await world.Tree(rich, 100), await world.Tree(Guid.NewGuid(), 100));
        await using var proxy = new Proxy(world.Database);
        await using var late = await Replica.StartAsync(proxy.Database, world.Clock);
        proxy.Set(Fault.Freeze(message => message.IsExecute("commit")));
        var committing = late.PostAsync(tree, Step.Post(rich, poor, 10));
        await proxy.Struck;
        // Written, numbered, not committed. Meanwhile another tree goes on, and all is sealed that can be seen.
        await world.Post(elsewhere, Step.Post(elsewhere, rich, 5));
        await world.SealAsync();
        Assert.Equal((1L, 2L), (await SealedAsync(world, tree), await SealedAsync(world, elsewhere)));
        proxy.Thaw();
        Assert.Equal(2, (await committing).Sequence);
        await world.SealAsync();
        Assert.Equal(2, await SealedAsync(world, tree));
        await world.Verified();
    }

    [Fact]
    public async Task Sealers_of_two_replicas_under_load_leave_one_chain_without_gaps()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 1_000);
        var load = Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async caller =>
                {
                    for (var i = 0; i < 25; i++)
                        await (caller % 2 == 0 ? world : second).Post(tree, Step.Post(rich, poor, 1));
                })
        );
        while (!load.IsCompleted)
            await Task.WhenAll(world.SealAsync(), second.SealAsync());
        await load;
        await world.SealAsync();
        Assert.Equal(201, await SealedAsync(world, tree));
        Assert.True(await world.ScalarAsync<long>("select count(*) from ledger_blocks where root_programme_id = $1", tree) > 1);
        await world.Verified();
    }

    private static Task<long> SealedAsync(TestWorld world, Guid tree) =>
        world.ScalarAsync<long>("select coalesce(max(last_sequence), 0) from ledger_blocks where root_programme_id = $1", tree);
}
