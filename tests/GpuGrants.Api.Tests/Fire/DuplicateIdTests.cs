using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: a duplicate id under concurrency.</summary>
public sealed class DuplicateIdTests
{
    [Fact]
    public async Task One_of_many_transfers_under_one_id_at_once_is_recorded_and_no_other_leaves_a_trace()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var rich = Guid.NewGuid();
        var tree = await world.Tree(rich, 1_000);
        var id = Guid.CreateVersion7();
        var steps = Enumerable.Range(1, 40).Select(amount => Step.Post(rich, Guid.NewGuid(), amount) with { Id = id }).ToList();
        var outcomes = await Task.WhenAll(steps.Select((step, i) => i % 2 == 0 ? world.Post(tree, step) : other.PostAsync(tree, step)));
        var winner = Assert.Single(Enumerable.Range(0, 40), i => outcomes[i].Refused is null);
        Assert.Equal(39, outcomes.Count(outcome => outcome.Refused == "id-already-used"));
        Assert.Equal(steps[winner].Amount, await world.Available(steps[winner].To));
        Assert.Equal(1_000 - steps[winner].Amount, await world.Available(rich));
        Assert.Equal(2L, await world.ScalarAsync<long>("select count(*) from transfers where root_programme_id = $1", tree));
        await world.Verified();
    }

    [Fact]
    public async Task A_chain_that_uses_an_id_twice_is_refused_as_a_whole()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 10);
        var step = Step.Post(rich, poor, 1);
        Assert.Equal("id-already-used", (await world.Post(tree, step, Step.Post(rich, poor, 2), step with { Amount = 3 })).Refused);
        Assert.Equal(0, await world.Available(poor));
        Assert.Null((await world.Post(tree, step)).Refused);
        await world.Verified();
    }
}
