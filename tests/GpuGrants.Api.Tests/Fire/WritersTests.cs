using System.Net;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using GpuGrants.Trees;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Two replicas decide without a gap, and those who write for the platform get in.</summary>
public sealed class WritersTests
{
    [Fact]
    public async Task An_organization_is_created_a_role_given_and_a_client_revoked_while_two_decisions_are_under_way()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme();
        var (_, owner) = await world.Organization();
        var client = (await owner.Post("/v1/clients", new { name = "Leaked" })).Expect(HttpStatusCode.Created).Text_("clientId");
        await using var first = await Stream.StartAsync(world);
        await using var second = await Stream.StartAsync(world);
        await Task.WhenAll(first.DecidingAsync(), second.DecidingAsync());
        // Not one of the two batches ends before these are answered.
        await world.Organization(name: "Newcomers");
        await world.Reviewer(programme);
        (await owner.Post($"/v1/clients/{client}/revoke")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_change_of_the_platforms_configuration_waits_for_one_batch_of_each_stream()
    {
        await using var world = await TestWorld.StartAsync();
        await using var first = await Stream.StartAsync(world);
        await using var second = await Stream.StartAsync(world);
        var before = await Task.WhenAll(first.DecidingAsync(), second.DecidingAsync());
        var writing = world.GpuModel();
        await world.UntilBlocked();
        // The next batch of the first stream asks while the second's is under way: without a queue it would be let in, and so on for ever.
        var next = first.NextAsync();
        await world.UntilBlocked(2);
        var last = second.NextAsync();
        await writing;
        var after = await Task.WhenAll(next, last);
        Assert.True(before.Max() < after.Min(), "A batch that asked after the writer was let in before it.");
    }

    [Fact]
    public async Task Configuring_administering_and_deciding_at_once_on_two_replicas_never_deadlocks()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await world.StartSecondAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.Lifetime("500"), Scenes.Lifetime("900", id: "for-all", level: "platform"));
        TestWorld[] replicas = [world, other];
        await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .SelectMany(i =>
                    (Task[])
                        [
                            scene.Startup.On(replicas[i % 2]).Ask(scene.Programme, 1),
                            replicas[i % 2].Admin.Post("/v1/gpu-models", Model(i)),
                            replicas[(i + 1) % 2].Organization(name: $"Organization {i}"),
                        ]
                )
        );
        Assert.Equal(24, await world.ScalarAsync<long>("select count(*) from requests where status = 'approved'"));
        Npgsql.NpgsqlConnection.ClearAllPools();
        Assert.Equal(0L, await world.ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()"));
        Assert.Equal(
            0L,
            await world.ScalarAsync<long>(
                "select count(*) from programme_trees t where t.event_sequence <> (select count(*) from events e where e.root_programme_id = t.root_programme_id)"
            )
        );
    }

    /// <summary>
    /// One batch decides under platform rules that count together and per organization. The other creates organizations beside decisions
    /// of another root programme, so that it holds the platform's tree when it comes to the organization's.
    /// </summary>
    [Fact]
    public async Task Batches_that_come_to_the_platforms_tree_by_different_ways_never_wait_for_each_other()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await world.StartSecondAsync();
        var scene = await world.Scene(credits: 10_000);
        var second = await world.Programme(10_000);
        await scene.Operator.Offer(second, scene.Provider, capacity: 1_000);
        await world.Policy(null, Scenes.Lifetime("5000"), Scenes.Lifetime("9000", id: "for-all", level: "platform"));
        TestWorld[] replicas = [world, other];
        for (var round = 0; round < 6; round++)
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, 24)
                    .SelectMany(i =>
                        (Task[])
                            [
                                scene.Startup.On(world).Ask(scene.Programme, 1),
                                scene.Startup.On(other).Ask(second, 1),
                                replicas[i % 2].Organization(name: $"Organization {round}-{i}"),
                            ]
                    )
            );
        }

        Npgsql.NpgsqlConnection.ClearAllPools();
        Assert.Equal(0L, await world.ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()"));
        Assert.Equal(288, await world.ScalarAsync<long>("select count(*) from requests where status = 'approved'"));
    }

    private static object Model(int number) =>
        new
        {
            id = $"model-{number}",
            name = "A model",
            gpuClass = "datacenter",
            memoryGib = 80,
            vendor = "NVIDIA",
        };

    /// <summary>A replica that decides in a tree of its own, one batch at a time.</summary>
    private sealed class Stream(Replica replica, TreeId tree) : IAsyncDisposable
    {
        private HeldDecision _held = null!;

        public static async Task<Stream> StartAsync(TestWorld world) =>
            new(await Replica.StartAsync(world.Database, world.Clock), TreeId.Of(await world.Tree(Guid.NewGuid(), 1)));

        /// <summary>Begins a batch; it stays under way.</summary>
        public Task<long> DecidingAsync()
        {
            _held = new HeldDecision { Tree = tree, Actor = Actor.Service };
            _ = replica.Pipeline.ExecuteAsync(_held, CancellationToken.None);
            return _held.Begun;
        }

        /// <summary>Ends the batch that is under way and begins the next.</summary>
        public Task<long> NextAsync()
        {
            var ending = _held;
            var next = DecidingAsync();
            ending.LetGo();
            return next;
        }

        public async ValueTask DisposeAsync()
        {
            _held.LetGo();
            await replica.DisposeAsync();
        }
    }
}
