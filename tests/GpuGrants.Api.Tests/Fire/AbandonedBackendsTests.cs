using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire;

public sealed class AbandonedBackendsTests
{
    [Fact]
    public async Task A_backend_that_is_at_work_when_it_is_given_up_is_ended_once_it_waits_for_a_client_who_never_comes()
    {
        await using var world = await TestWorld.StartAsync();
        await using var database = Database.Open(world.Database, new DatabaseOptions { MaxPoolSize = 4 }, 60);
        await using var other = await database.OpenConnectionAsync();
        await ExecuteAsync(other, "select pg_advisory_lock(1)");
        await using var given = await database.OpenConnectionAsync();
        var processId = given.ProcessID;
        await ExecuteAsync(given, "begin");
        var working = ExecuteAsync(given, "select pg_advisory_xact_lock(1)");
        await world.UntilBlocked();
        var abandoned = new AbandonedBackends();
        abandoned.Remember(processId);
        await using var next = await database.OpenConnectionAsync();
        await abandoned.EndAsync(next);
        await ExecuteAsync(other, "select pg_advisory_unlock(1)");
        await working;
        while (await IsThereAsync(world, processId))
            await abandoned.EndAsync(next);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(given, "select 1"));
    }

    private static Task<bool> IsThereAsync(TestWorld world, int processId) =>
        world.ScalarAsync<bool>("select exists (select from pg_stat_activity where pid = $1)", processId);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
