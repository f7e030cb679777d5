using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>A clock jumps ahead and back.</summary>
[Trait("Part", "Quick")]
public sealed class ClockTests
{
    [Fact]
    public async Task A_replica_whose_clock_jumped_ahead_forgets_no_key_that_is_younger_than_a_day()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var key = ("Idempotency-Key", "once");
        await scene.Startup.Ask(scene.Programme, 10, null, key);
        await world.PassAsync(TimeSpan.FromDays(10), scene.Startup);
        Assert.True((await scene.Startup.Ask(scene.Programme, 10, null, key)).IsReplay);
        // A day and more later by the database's own clock as well, it goes.
        await world.ScalarAsync<long>(
            "with old as (update idempotency_keys set created_at = least(now(), $1) - interval '25 hours' returning 1) "
                + "select count(*) from old",
            world.Now.AddDays(-10).UtcDateTime
        );
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from idempotency_keys where renderer = 'request-made/1'"));
    }

    [Fact]
    public async Task A_key_that_a_replica_with_a_slow_clock_stored_is_kept_as_long_as_any_other()
    {
        await using var world = await TestWorld.StartAsync();
        var clock = new FireClock();
        clock.Jump(TimeSpan.FromDays(-400));
        await using var slow = await Replica.StartAsync(world.Database, clock);
        var tree = Guid.CreateVersion7();
        var step = Step.Post(tree, Guid.NewGuid(), 5);
        await slow.SendAsync(tree, "once", step);
        await world.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        Assert.True((await world.Send(tree, "once", step)).Replayed);
    }

    [Fact]
    public async Task Business_time_never_runs_backwards_in_a_tree_and_time_that_was_lost_is_not_made_up()
    {
        await using var world = await TestWorld.StartAsync();
        var clock = new FireClock();
        await using var replica = await Replica.StartAsync(world.Database, clock);
        var (tree, rich) = (Guid.CreateVersion7(), Guid.NewGuid());
        var last = (await replica.PostAsync(tree, Step.Post(tree, rich, 1_000))).At;
        foreach (var hours in (int[])[30, -50, 0, 10, -3, 40])
        {
            clock.Jump(TimeSpan.FromHours(hours));
            var at = (await replica.PostAsync(tree, Step.Post(rich, Guid.NewGuid(), 1))).At;
            Assert.True(at >= last, $"{at} came after {last}");
            last = at;
        }

        await world.Verified();
    }

    [Fact]
    public async Task Housekeeping_continues_after_a_clock_that_ran_ahead_was_corrected()
    {
        await using var world = await TestWorld.StartAsync();
        var sweeper = world.Services.GetRequiredService<Sweeper>();
        world.Clock.AdjustTime(world.Now.AddDays(365));
        await sweeper.SweepAsync(CancellationToken.None);
        world.Clock.AdjustTime(world.Now.AddDays(-365));
        await world.ScalarAsync<long>(
            "with old as (insert into idempotency_keys (id, request_hash, root_programme_id, status, body, body_encoding, content_type, location, created_at) select gen_random_uuid(), decode(repeat('00', 32), 'hex'), gen_random_uuid(), 200, '', 'identity', 't', '/old', least(now(), $1) - interval '90 hours' returning 1) select count(*) from old",
            world.Now.UtcDateTime
        );
        await sweeper.SweepAsync(CancellationToken.None);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from idempotency_keys where location = '/old'"));
    }
}
