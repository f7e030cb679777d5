using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// Whatever happens on a market, credits and GPU time are conserved, and nothing that is decided makes a provider owe what no schedule can
/// give. <c>GPUGRANTS_TEST_LIVES</c> says how many new lives to search; each failure prints its seed.
/// </summary>
public sealed class MarketLivesTests
{
    private const int Credits = 2_000;
    private const int Steps = 90;

    public static TheoryData<int> Seeds => [20, 77, .. NewLives.Seeds];

    [Theory]
    [MemberData(nameof(Seeds), DisableDiscoveryEnumeration = true)]
    public async Task A_market_that_lives_at_random_conserves_all_and_promises_what_it_can_give(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var random = new Random(seed);
        var scene = await world.Dated(random.Next(1, 4), random.Next(2, 8), Scenes.ActiveGrants(12));
        await world.Fund(scene.Programme, Credits - 1_000);
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var second = await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 0, region: "kr-south");
        var proposed = await scene.Operator.Tranche(second, 1, world.FullHour().AddHours(6), world.FullHour().AddDays(5));
        await world.Admin.Post($"/v1/offers/{second}/accept", null, ("If-Match", proposed.ETag));
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var (provider, @operator) = await world.Provider("Spare Cloud");
        var spare = await @operator.Offer(scene.Programme, provider, capacity: 60);
        var lives = new MarketLives(world, scene, [scene.Offer, second], spare, @operator, random);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        try
        {
            var owed = await ShortfallsAsync(connection, lives, world.Now);
            for (var step = 0; step < Steps; step++)
            {
                var hasPassed = await lives.StepAsync();
                var owes = await ShortfallsAsync(connection, lives, world.Now);
                if (!hasPassed)
                    foreach (var (before, after) in owed.Zip(owes))
                        Assert.True(after <= before, $"{after - before} ms more are promised than any schedule gives.");
                owed = owes;
                await CheckAsync(connection);
            }

            Assert.Empty(await CrashCheck.CountAsync(connection));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}:\n{string.Join('\n', lives.Story)}", failure);
        }
    }

    private static async Task<long[]> ShortfallsAsync(NpgsqlConnection connection, MarketLives lives, DateTimeOffset now)
    {
        var all = new List<long>();
        foreach (var offer in lives.Dated)
            all.Add((await OpenPromises.ReadAsync(connection, offer, now)).Shortfall());
        return [.. all];
    }

    /// <summary>Each grant's accounts hold what its row says, and no credit or second was made or lost.</summary>
    private static async Task CheckAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            select
                (select count(*) from grants g left join accounts t on t.id = g.time_account_id
                    left join accounts c on c.id = g.credit_account_id
                    where coalesce(t.credits_posted - t.debits_posted, 0) <> g.gpu_seconds - g.used_gpu_seconds - g.returned_gpu_seconds
                        or coalesce(c.credits_posted - c.debits_posted, 0)
                            <> (g.gpu_seconds - g.used_gpu_seconds - g.returned_gpu_seconds) * g.millicredits_per_gpu_hour),
                (select sum(credits_posted - debits_posted)::bigint from accounts
                    where unit = 'credit' and kind in ('budget', 'grant', 'earned', 'disputed')),
                (select coalesce(sum(used_gpu_seconds), 0)::bigint from grants)
                    - (select coalesce(sum(credits_posted - debits_posted), 0)::bigint from accounts where kind = 'delivered'),
                (select coalesce(sum(credits_posted - debits_posted), 0)::bigint from accounts where unit <> 'credit')
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.Equal(0, reader.GetInt64(0));
        Assert.Equal(Credits * 3_600_000L, reader.GetInt64(1));
        Assert.Equal(0, reader.GetInt64(2));
        Assert.Equal(0, reader.GetInt64(3));
    }
}
