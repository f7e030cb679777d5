using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: one thing committed twice.</summary>
public sealed class DoubleCommitTests
{
    [Fact]
    public async Task One_key_sent_to_two_replicas_at_once_is_one_transfer_and_one_answer()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 100);
        var step = Step.Post(rich, poor, 10);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? world.Send(tree, "once", step) : other.SendAsync(tree, "once", step))
        );
        Assert.Equal(39, answers.Count(answer => answer.Replayed));
        Assert.Single(answers.Select(Outcome.Of).Distinct());
        Assert.Equal(10, await world.Available(poor));
        await world.Verified();
    }

    [Fact]
    public async Task A_hold_that_two_replicas_post_and_void_at_once_ends_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 100);
        var posted = 0;
        for (var round = 0; round < 10; round++)
        {
            var hold = Step.Hold(rich, poor, 5, TimeSpan.FromHours(1));
            await world.Post(tree, hold);
            var ends = await Task.WhenAll(
                world.Post(tree, Step.End(hold.Id)),
                other.PostAsync(tree, Step.End(hold.Id)),
                world.Post(tree, Step.Void(hold.Id)),
                other.PostAsync(tree, Step.Void(hold.Id))
            );
            Assert.Single(ends, end => end.Refused is null);
            Assert.Equal(3, ends.Count(end => end.Refused == "hold-already-ended"));
            if (ends[..2].Any(end => end.Refused is null))
                posted++;
        }

        Assert.Equal((100 - (5L * posted), 5L * posted), (await world.Available(rich), await world.Available(poor)));
        await world.Verified();
    }
}
