using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>
/// Bug class: a snapshot inserted after its invalidation. What another replica changed in between makes a memory worthless.
/// </summary>
public sealed class StaleSnapshotTests
{
    [Fact]
    public async Task A_balance_in_memory_is_not_trusted_once_another_replica_has_changed_it()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        // The first replica has the account with 100 in memory; the other takes nearly all of it.
        var tree = await world.Tree(rich, 100);
        Assert.Null((await other.PostAsync(tree, Step.Post(rich, poor, 95))).Refused);
        Assert.Equal("insufficient-balance", (await world.Post(tree, Step.Post(rich, poor, 6))).Refused);
        Assert.Null((await world.Post(tree, Step.Post(poor, rich, 50))).Refused);
        // And the other way round: a refusal by the memory of before would be as wrong.
        Assert.Null((await other.PostAsync(tree, Step.Post(rich, poor, 55))).Refused);
        Assert.Equal((0L, 100L), (await world.Available(rich), await world.Available(poor)));
        await world.Verified();
    }

    [Fact]
    public async Task A_batch_that_waited_for_the_lock_forgets_what_it_knew_before_the_other_replica_committed()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 10);
        await using var proxy = new Proxy(world.Database);
        await using var other = await Replica.StartAsync(proxy.Database, world.Clock);
        await other.PostAsync(tree, Step.Post(rich, poor, 1));
        await world.Post(tree, Step.Post(rich, poor, 1));
        // The other replica stands still with its commit on the way; this one has begun, with its own memory, and waits.
        proxy.Set(Fault.Freeze(message => message.IsExecute("commit")));
        var committing = other.PostAsync(tree, Step.Post(rich, poor, 8));
        await proxy.Struck;
        var waiting = world.Post(tree, Step.Post(rich, poor, 8));
        await world.UntilBlocked();
        proxy.Thaw();
        Assert.Null((await committing).Refused);
        Assert.Equal("insufficient-balance", (await waiting).Refused);
        await world.Verified();
    }

    [Fact]
    public async Task Rules_that_one_replica_publishes_bind_the_other_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("1000"));
        var there = scene.Startup.On(second);
        Assert.Equal("approved", (await there.Ask(scene.Programme, 5)).Text_("status"));
        for (var round = 1; round <= 5; round++)
        {
            var policy = await world.Policy(
                scene.Programme,
                Scenes.Lifetime((5 * round).ToString(System.Globalization.CultureInfo.InvariantCulture), id: $"round-{round}")
            );
            Assert.Equal("denied", (await there.Ask(scene.Programme, 1)).Text_("status"));
            (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(
                System.Net.HttpStatusCode.OK
            );
            Assert.Equal("approved", (await there.Ask(scene.Programme, 5)).Text_("status"));
        }
    }
}
