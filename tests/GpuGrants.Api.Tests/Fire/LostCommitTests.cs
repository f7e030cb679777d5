using System.Net;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>PostgreSQL has committed, and the service never hears of it.</summary>
public sealed class LostCommitTests
{
    [Fact]
    public async Task A_commit_whose_acknowledgement_is_lost_is_found_again_and_not_repeated_even_without_a_key()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 100);
        await using var proxy = new Proxy(world.Database);
        await using var replica = await Replica.StartAsync(proxy.Database, world.Clock);
        proxy.Set(Acknowledgement());
        var outcome = await replica.PostAsync(tree, Step.Post(rich, poor, 60));
        Assert.True(proxy.Struck.IsCompletedSuccessfully);
        Assert.Equal((null, 2L), (outcome.Refused, outcome.Sequence));
        Assert.Equal(60, await world.Available(poor));
        Assert.Equal("insufficient-balance", (await replica.PostAsync(tree, Step.Post(rich, poor, 60))).Refused);
        await world.Verified();
    }

    [Fact]
    public async Task The_first_commit_of_a_tree_is_found_again_although_there_was_nothing_to_lock()
    {
        await using var world = await TestWorld.StartAsync();
        var (tree, rich) = (Guid.CreateVersion7(), Guid.NewGuid());
        await using var proxy = new Proxy(world.Database);
        await using var replica = await Replica.StartAsync(proxy.Database, world.Clock);
        proxy.Set(Acknowledgement());
        Assert.Null((await replica.PostAsync(tree, Step.Post(tree, rich, 7))).Refused);
        Assert.True(proxy.Struck.IsCompletedSuccessfully);
        Assert.Equal(7, await world.Available(rich));
        await world.Verified();
    }

    [Fact]
    public async Task A_refusal_whose_commit_was_lost_stays_refused_although_the_balance_has_grown()
    {
        await using var world = await TestWorld.StartAsync();
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 1);
        await using var proxy = new Proxy(world.Database);
        await using var replica = await Replica.StartAsync(
            proxy.Database,
            world.Clock,
            new PipelineOptions { Shards = 1, RetrySeconds = 0 }
        );
        proxy.Set(Acknowledgement());
        var step = Step.Post(rich, poor, 5);
        await Assert.ThrowsAsync<PipelineUnavailableException>(() => replica.SendAsync(tree, "once", step));
        await world.Post(tree, Step.Post(tree, rich, 100));
        var again = await replica.SendAsync(tree, "once", step);
        Assert.True(again.Replayed);
        Assert.Equal("insufficient-balance", Outcome.Of(again).Refused);
        Assert.Equal(0, await world.Available(poor));
    }

    [Fact]
    public async Task Over_HTTP_a_lost_commit_is_503_with_a_time_to_come_back_and_the_key_tells_what_became_of_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 10);
        await using var proxy = new Proxy(world.Database);
        await using var far = await world.StartSecondThroughAsync(proxy.Database, "--Pipeline:RetrySeconds=0");
        var startup = scene.Startup.On(far);
        await startup.TokenAsync();
        var key = ("Idempotency-Key", "one");
        proxy.Set(Acknowledgement());
        var lost = await startup.Ask(scene.Programme, 4, null, key);
        lost.ExpectProblem(HttpStatusCode.ServiceUnavailable, "database-unavailable");
        Assert.True(lost.Message.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        var again = (await startup.Ask(scene.Programme, 4, null, key)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", true), (again.Text_("status"), again.IsReplay));
        Assert.Equal(
            (1L, 6m),
            (await world.ScalarAsync<long>("select count(*) from grants"), await world.Balance(scene.Programme, "budget"))
        );
    }

    /// <summary>The answer to the pipeline's commit is lost, not that to a sweeper's, which says it in capitals.</summary>
    private static Fault Acknowledgement()
    {
        var isAsked = false;
        return Fault.Cut(message =>
        {
            isAsked |= message.IsExecute("commit");
            return isAsked && message.IsComplete("COMMIT");
        });
    }
}
