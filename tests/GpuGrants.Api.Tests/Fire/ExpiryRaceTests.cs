using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>A post races an expiry.</summary>
[Trait("Part", "Quick")]
public sealed class ExpiryRaceTests
{
    [Fact]
    public async Task A_hold_that_is_posted_at_the_moment_it_expires_ends_once_and_on_one_side_of_that_moment()
    {
        await using var world = await TestWorld.StartAsync();
        var clock = new FireClock();
        await using var first = await Replica.StartAsync(world.Database, clock);
        await using var second = await Replica.StartAsync(world.Database, clock);
        var (rich, poor, posted) = (Guid.NewGuid(), Guid.NewGuid(), 0L);
        var tree = Guid.CreateVersion7();
        await first.PostAsync(tree, Step.Post(tree, rich, 1_000));
        for (var round = 0; round < 20; round++)
        {
            var hold = Step.Hold(rich, poor, 10, TimeSpan.FromMinutes(1));
            var expiry = (await first.PostAsync(tree, hold)).At.AddMinutes(1);
            var racers = Task.WhenAll(
                first.PostAsync(tree, Step.End(hold.Id)),
                second.PostAsync(tree, Step.End(hold.Id, 4)),
                second.PostAsync(tree, Step.Void(hold.Id, TransferReasons.Expired)),
                first.PostAsync(tree, Step.Void(hold.Id, TransferReasons.Expired))
            );
            // The moment comes while they are on their way.
            clock.Jump(TimeSpan.FromMinutes(1));
            var ends = (await racers).ToList();
            if (ends.All(end => end.Refused is not null))
                ends.Add(await first.PostAsync(tree, Step.Void(hold.Id, TransferReasons.Expired)));
            var end = Assert.Single(ends, end => end.Refused is null);
            var isPost = ends.IndexOf(end) < 2;
            Assert.Equal(isPost, end.At < expiry);
            Assert.All(
                ends.Where(one => one != end),
                one => Assert.Contains(one.Refused, (string[])["hold-already-ended", "hold-expired", "hold-not-expired"])
            );
            if (isPost)
                posted += ends.IndexOf(end) == 0 ? 10 : 4;
        }

        Assert.Equal((1_000 - posted, posted), (await world.Available(rich), await world.Available(poor)));
        await world.Verified();
    }
}
