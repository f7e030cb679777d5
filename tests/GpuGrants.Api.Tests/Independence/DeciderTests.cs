using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Tests.World;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Tests.Independence;

public sealed class DeciderTests
{
    /// <summary>A try rolls back, and meanwhile one person is enough: nothing was waived then.</summary>
    [Fact]
    public async Task A_waiver_that_a_try_would_have_used_is_not_recorded_by_the_next_try_that_needs_none()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Waive();
        var administrator = await world.ScalarAsync<Guid>(
            "select principal_id from role_assignments where role = 'platform-administrator'"
        );
        var decider = new Decider(new Actor(administrator, "admin"), TimeSpan.FromDays(90), []);
        Assert.True(decider.DecidesAlone(await TryAsync(), world.Now));
        var next = await TryAsync();
        decider.Decided(next, TreeId.Platform, Guid.NewGuid());
        Assert.Empty(next.Writes);

        async Task<BatchState> TryAsync()
        {
            var batch = new BatchState(world.Now, new ReviewClock());
            decider.Plan(batch);
            var belongings = batch.Table<Belongings>();
            await using var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            await using var reading = new NpgsqlBatch(connection) { BatchCommands = { belongings.Read() } };
            await using var reader = await reading.ExecuteReaderAsync();
            await belongings.ReceiveAsync(reader);
            return batch;
        }
    }
}
