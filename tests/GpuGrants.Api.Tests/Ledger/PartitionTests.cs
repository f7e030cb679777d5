using GpuGrants.Api.Ledger.Archives;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>Months of the ledger are made ahead, filled to the moment, and can be taken off when old.</summary>
[Trait("Part", "Quick")]
public sealed class PartitionTests
{
    [Fact]
    public async Task The_sweeper_makes_the_coming_months()
    {
        await using var world = await TestWorld.StartAsync("--Sweeps:PartitionMonths=6");
        await world.PassAsync(TimeSpan.FromDays(400));
        var last = world.Now.AddMonths(5);
        Assert.True(await world.ScalarAsync<bool>("select to_regclass($1) is not null", $"transfers_{last:yyyy_MM}"));
        await world.Programme(credits: 1);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from transfers_default"));
    }

    [Fact]
    public async Task A_transfer_at_the_edge_of_a_month_lies_on_its_own_side()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme(credits: 1);
        var next = new DateTimeOffset(world.Now.Year, world.Now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        await world.PassAsync(next - world.Now - TimeSpan.FromMilliseconds(1));
        await world.Fund(programme, 2);
        Assert.Equal($"transfers_{next.AddMonths(-1):yyyy_MM}", await LastIsInAsync(world));
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        await world.Fund(programme, 3);
        Assert.Equal($"transfers_{next:yyyy_MM}", await LastIsInAsync(world));
        Assert.Empty(await FindingsAsync(world, null));
    }

    [Fact]
    public async Task A_month_that_was_detached_is_read_from_the_export_and_goes_on_being_verified()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 5);
        var month = $"transfers_{world.Now:yyyy_MM}";
        await world.PassAsync(TimeSpan.FromDays(62), scene.Startup);
        await world.Fund(scene.Programme, 3);
        await world.SealAsync();
        var directory = Path.Combine(Path.GetTempPath(), $"gpugrants-archive-{Guid.NewGuid():N}");
        try
        {
            await using (var connection = await OpenAsync(world))
                await LedgerExport.WriteAsync(connection, directory, world.Now);
            await ExecuteAsync(world, $"alter table transfers detach partition {month}");
            Assert.All(
                await FindingsAsync(world, null),
                one => Assert.Contains(one.Code, (string[])[FindingCodes.TransferMissing, FindingCodes.BlockBroken])
            );
            Assert.NotEmpty(await FindingsAsync(world, null));
            Assert.Empty(await FindingsAsync(world, directory));

            // What is gone from a month that is attached is no archive's to fill in.
            await ExecuteAsync(world, "set session_replication_role = replica; delete from transfers where reason = 'fund'");
            Assert.Contains(await FindingsAsync(world, directory), one => one.Code == FindingCodes.TransferMissing);
            await ExecuteAsync(world, $"alter table transfers attach partition {month} {await BoundsAsync(world)}");
            Assert.Single(await FindingsAsync(world, null), one => one.Code == FindingCodes.TransferMissing);
        }
        finally
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    private static Task<string> BoundsAsync(TestWorld world) =>
        world.ScalarAsync<string>(
            "select format('for values from (%L) to (%L)', ledger_first_id(date_trunc('month', $1::timestamptz, 'UTC')), "
                + "ledger_first_id(date_trunc('month', $1::timestamptz, 'UTC') + interval '1 month'))",
            world.Now.AddDays(-62).UtcDateTime
        );

    private static Task<string> LastIsInAsync(TestWorld world) =>
        world.ScalarAsync<string>("select tableoid::regclass::text from transfers order by id desc limit 1");

    private static async Task<List<Finding>> FindingsAsync(TestWorld world, string? archive)
    {
        await using var connection = await OpenAsync(world);
        return [.. (await LedgerVerifier.VerifyAsync(connection, archive)).SelectMany(report => report.Findings)];
    }

    private static async Task<NpgsqlConnection> OpenAsync(TestWorld world)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(world.Database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(TestWorld world, string sql)
    {
        await using var connection = await OpenAsync(world);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
