using System.Net;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Choice;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Tests.World;
using GpuGrants.Offers;
using GpuGrants.Trees;
using GpuGrants.Units;
using Npgsql;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>Programmes are ranked by a statement in SQL. It has to find what the rules find.</summary>
public sealed class ProgrammeRankingTests
{
    private const int Drafts = 300;
    private static readonly Organization Startup = new() { Kind = "startup", Country = "KR" };

    [Fact]
    public async Task The_ranking_finds_the_programmes_that_the_rules_on_offers_find()
    {
        await using var world = await TestWorld.StartAsync();
        var random = new Random(20_261_127);
        var programmes = await OffersAsync(world, random);
        await using var database = NpgsqlDataSource.Create(world.Database);
        var now = world.Clock.GetUtcNow();
        var found = 0;
        for (var i = 0; i < Drafts; i++)
        {
            var draft = Draft(random, now);
            var inSql = await ProgrammeRanking.CanServeAsync(database, programmes, Startup, draft, now, CancellationToken.None);
            Assert.Equal((await ByRulesAsync(database, programmes, draft, now)).Order(), inSql.Order());
            found += inSql.Count;
        }

        // Neither always nor never: the drafts tell offers apart.
        Assert.InRange(found, Drafts / 10, (Drafts * programmes.Count) - (Drafts / 10));
    }

    /// <summary>Two trees, one with a programme in it, and offers of two providers of which one is frozen.</summary>
    private static async Task<List<Guid>> OffersAsync(TestWorld world, Random random)
    {
        var root = await world.Programme(credits: 12);
        List<Guid> programmes = [root, await world.Programme(parentId: root), await world.Programme(credits: 40)];
        await world.GpuModel("h100", 80);
        await world.GpuModel("l4", 24);
        var (open, frozen) = (await world.Provider(), await world.Provider("Frozen Cloud"));
        for (var i = 0; i < 18; i++)
        {
            var provider = i % 6 == 5 ? frozen : open;
            await provider.Operator.Offer(
                programmes[random.Next(programmes.Count)],
                provider.Id,
                capacity: random.Next(1, 30),
                rate: random.Next(1, 4),
                model: random.Next(2) == 0 ? "h100" : "l4",
                region: random.Next(2) == 0 ? "kr-central" : "us-west"
            );
        }

        (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope = "provider",
                    resourceId = frozen.Id,
                    reason = "A leak",
                }
            )
        ).Expect(HttpStatusCode.Created);
        // Bounds of every offer, an end of some, and some that are paused: places of the hash of the id stand for chance.
        await world.ScalarAsync<long>(
            """
            with changed as (
                update offers set max_gpus = 1 + get_byte(uuid_send(id), 15) % 4, min_gpu_seconds = get_byte(uuid_send(id), 14) % 8 * 3600,
                    max_gpu_seconds = case when get_byte(uuid_send(id), 13) % 2 = 0 then 36000 end,
                    starts_at = $1 + interval '1 day' * (get_byte(uuid_send(id), 12) % 5 - 2),
                    eligible_kinds = case when get_byte(uuid_send(id), 10) % 5 = 0 then '{student}'::text[] else '{}' end,
                    eligible_countries = case when get_byte(uuid_send(id), 9) % 4 = 0 then '{KR,JP}'::text[] else '{}' end,
                    status = case when get_byte(uuid_send(id), 11) % 6 = 0 then 'paused' else status end
                returning 1)
            select count(*) from changed
            """,
            world.Clock.GetUtcNow()
        );
        return programmes;
    }

    private static RequestDraft Draft(Random random, DateTimeOffset now) =>
        new()
        {
            Time = GpuTime.FromSeconds(GpuTime.StepSeconds * random.Next(1, 1_500)),
            Gpus = random.Next(1, 6),
            GpuModels = random.Next(3) switch
            {
                0 => ["h100"],
                1 => ["l4", "a100"],
                _ => [],
            },
            MinGpuMemoryGib = random.Next(3) == 0 ? random.Next(16, 96) : null,
            Region = random.Next(3) == 0 ? "us-west" : null,
            Purpose = "Try",
            Tags = [],
            StartsAt = random.Next(2) == 0 ? now.AddDays(random.Next(0, 4)) : null,
            Duration = TimeSpan.FromDays(random.Next(1, 30)),
        };

    private static async Task<List<Guid>> ByRulesAsync(
        NpgsqlDataSource database,
        List<Guid> programmes,
        RequestDraft draft,
        DateTimeOffset now
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        var free = await FreeAsync(connection);
        var able = new List<Guid>();
        foreach (var root in (Guid[])[programmes[0], programmes[2]])
        {
            var config = await TreeConfigReader.ReadAsync(connection, TreeId.Of(root), 1, 1, now);
            able.AddRange(config.Programmes.Values.Where(one => CanServe(config, one)).Select(one => one.Id));
        }

        return able;

        bool CanServe(TreeConfig config, ProgrammeConfig programme) =>
            OfferMatching
                .Suitable(config.Offers, programme.Path, draft.Ask(now, Startup), now)
                .Any(match =>
                    OfferMatching.TakesSize(match.Offer, draft.Time)
                    && free.GetValueOrDefault(match.Offer.CapacityAccountId) >= draft.Time.Seconds
                    && free.GetValueOrDefault(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId))
                        >= match.Rate.CostOf(draft.Time).Units
                );
    }

    private static async Task<Dictionary<Guid, long>> FreeAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select id, credits_posted - debits_posted - debits_pending from accounts", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var free = new Dictionary<Guid, long>();
        while (await reader.ReadAsync())
            free[reader.GetGuid(0)] = reader.GetInt64(1);
        return free;
    }
}
