using System.Net;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>
/// Facts of several trees meet in one counter. A batch takes its clock before it waits for its locks, and clocks of replicas differ. Time
/// does not run backwards in a counter all the same.
/// </summary>
public sealed class TimeOfSharedCountersTests
{
    private static readonly object FirstUse = new { kind = "first-use", duration = "PT5H" };

    [Theory]
    [InlineData("organization")]
    [InlineData("organization-kind")]
    [InlineData("platform")]
    public async Task What_a_batch_decides_that_waited_longer_counts_in_a_window_that_another_began_meanwhile(string level)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (scene, other) = await TwoTreesAsync(world);
        await world.Policy(null, Limit("10", FirstUse, level));
        var (late, early) = await OneWaitsAsync(world, second, scene, other, lateHours: 6, earlyHours: 4);
        Assert.Equal(("approved", "approved"), (late.Text_("status"), early.Text_("status")));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Empty(await FindingsAsync(world));
    }

    [Fact]
    public async Task A_limit_of_an_organizations_own_counts_what_a_batch_decides_that_waited_longer()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (scene, other) = await TwoTreesAsync(world);
        (
            await scene.Startup.Post(
                $"/v1/organizations/{scene.Organization}/limits",
                new
                {
                    level = "member",
                    measure = "gpu-hours-granted",
                    window = "day",
                    limit = 10,
                }
            )
        ).Expect(HttpStatusCode.Created);
        await PassToAsync(world, scene, TimeSpan.FromHours(24));
        Assert.Equal("approved", (await scene.Startup.Ask(other, 6)).Text_("status"));
        await OneWaitsAsync(world, second, scene, other, lateHours: 6, earlyHours: 1);
        Assert.True(await MostInADayAsync(world) <= 10);
    }

    [Fact]
    public async Task A_batch_that_waited_beyond_the_end_of_a_window_exceeds_no_limit_in_it()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var (scene, other) = await TwoTreesAsync(world);
        await world.Policy(null, Limit("10", Scenes.Each("day")));
        await PassToAsync(world, scene, TimeSpan.FromHours(24));
        Assert.Equal("approved", (await scene.Startup.Ask(other, 6)).Text_("status"));
        // The early one begins a new day, and the counter forgets the day before.
        await OneWaitsAsync(world, second, scene, other, lateHours: 6, earlyHours: 1);
        Assert.True(await MostInADayAsync(world) <= 10);
        Assert.Empty(await FindingsAsync(world));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task A_rule_that_comes_later_counts_in_order_what_several_trees_committed_out_of_order(int minutes)
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:FactsPerSlice=1");
        await using var second = await world.StartSecondAsync("--Pipeline:FactsPerSlice=1");
        var (scene, other) = await TwoTreesAsync(world);
        Task<Reply> late;
        Task publishing;
        await using (await world.Locked(other))
        {
            late = scene.Startup.On(second).Ask(other, 6);
            await world.UntilBlocked();
            foreach (var _ in (int[])[1, 2])
            {
                world.Clock.Advance(TimeSpan.FromMinutes(minutes));
                Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
            }

            // It reads what is there, and waits for the batch that is at work.
            publishing = world.Policy(null, Limit("10", FirstUse));
            await world.UntilBlocked(2);
        }

        Assert.Equal("approved", (await late).Text_("status"));
        await publishing;
        Assert.Empty(await FindingsAsync(world));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
    }

    [Fact]
    public async Task A_replica_whose_clock_is_slow_counts_after_what_a_new_rule_found_in_the_history()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, other) = await TwoTreesAsync(world);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));
        await world.Policy(null, Limit("10", FirstUse));
        world.Clock.AdjustTime(world.Now.AddMinutes(-5));
        Assert.Equal("approved", (await scene.Startup.Ask(other, 6)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(other, 1)).Text_("status"));
        Assert.Empty(await FindingsAsync(world));
    }

    [Fact]
    public async Task A_slow_replica_that_folds_a_rule_of_the_platform_and_reports_use_counts_after_what_it_found()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, other) = await TwoTreesAsync(world);
        await world.Policy(null, Scenes.UsedHours("1000", FirstUse, level: "platform"));
        var (lesser, greater) = scene.Programme.CompareTo(other) < 0 ? (scene.Programme, other) : (other, scene.Programme);
        var earlier = await GrantAsync(scene, lesser);
        var later = await GrantAsync(scene, greater);
        await world.PassAsync(scene, hours: 5);
        object[] reports = [UseOf(world, later, 1), UseOf(world, earlier, 3)];
        (await scene.Operator.Post("/v1/usage-records", new { records = new[] { reports[0] } })).Expect(HttpStatusCode.OK);
        // As if the rule were new: nothing is counted of it yet, and the platform's tree has not met the other.
        await world.ScalarAsync<int>(
            $"""
            with uncounted as (delete from quota_signatures where root_programme_id = '{Guid.Empty}')
            update programme_trees set config_version = config_version + 1, last_at = last_at - interval '1 hour'
            where root_programme_id = '{Guid.Empty}' returning 1
            """
        );
        world.Clock.AdjustTime(world.Now.AddMinutes(-5));
        (await scene.Operator.Post("/v1/usage-records", new { records = new[] { reports[1] } })).Expect(HttpStatusCode.OK);
        Assert.Equal(2L, await world.ScalarAsync<long>("select count(distinct at) from quota_facts where kind = 'used'"));
        Assert.Empty(await FindingsAsync(world));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Time_that_steps_on_within_a_batch_keeps_what_was_planned(bool quotes)
    {
        // One shard, so that requests in both trees come into one batch.
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Pipeline:Shards=1"]);
        var (scene, other) = await TwoTreesAsync(world);
        await world.Policy(null, Limit("1000", FirstUse));
        foreach (var tree in (Guid[])[scene.Programme, other])
            Assert.Equal("approved", (await scene.Startup.Ask(tree, 1)).Text_("status"));
        var elsewhere = new { region = "somewhere-else" };
        var (_, then) = await world.InOneBatchAsync(
            () => scene.Startup.Ask(scene.Programme, 1),
            () => quotes ? QuoteAsync() : scene.Startup.Ask(other, 1, elsewhere)
        );
        var said = quotes ? then.Text : then["decision"]["reasons"]![0]!.ToJsonString();
        Assert.Contains("kr-central", said, StringComparison.Ordinal);
        return;

        Task<Reply> QuoteAsync() =>
            scene.Startup.Post(
                "/v1/quotes",
                new
                {
                    programmeId = other,
                    gpuHours = 1,
                    elsewhere.region,
                }
            );
    }

    /// <summary>Use is reported as of earlier, so its order matters even at one moment.</summary>
    [Theory]
    [InlineData("one after the other")]
    [InlineData("in one batch")]
    [InlineData("in one report")]
    public async Task Use_that_is_reported_of_several_trees_at_one_moment_is_recounted_as_it_was_counted(string how)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (scene, other) = await TwoTreesAsync(world);
        await world.Policy(null, Scenes.UsedHours("1000", FirstUse));
        // A recount takes the tree with the lesser id first.
        var (lesser, greater) = scene.Programme.CompareTo(other) < 0 ? (scene.Programme, other) : (other, scene.Programme);
        var earlier = await GrantAsync(scene, lesser);
        var later = await GrantAsync(scene, greater);
        await world.PassAsync(scene, hours: 5);
        object[] reports = [UseOf(world, later, 1), UseOf(world, earlier, 3)];
        Task<Reply> ReportAsync(params object[] records) => scene.Operator.Post("/v1/usage-records", new { records });
        switch (how)
        {
            case "one after the other":
                foreach (var one in reports)
                    (await ReportAsync(one)).Expect(HttpStatusCode.OK);
                break;
            case "in one batch":
                var (first, then) = await world.InOneBatchAsync(() => ReportAsync(reports[0]), () => ReportAsync(reports[1]));
                first.Expect(HttpStatusCode.OK);
                then.Expect(HttpStatusCode.OK);
                break;
            default:
                (await ReportAsync(reports)).Expect(HttpStatusCode.OK);
                break;
        }

        Assert.Equal(2L, await world.ScalarAsync<long>("select count(*) from quota_facts where kind = 'used'"));
        Assert.Empty(await FindingsAsync(world));
    }

    /// <summary>
    /// A request in the other tree takes its clock, and waits for its lock. A minute later a request in the scene's tree is decided.
    /// </summary>
    private static async Task<(Reply Late, Reply Early)> OneWaitsAsync(
        TestWorld world,
        TestWorld second,
        Scene scene,
        Guid other,
        decimal lateHours,
        decimal earlyHours
    )
    {
        Task<Reply> late;
        Reply early;
        await using (await world.Locked(other))
        {
            late = scene.Startup.On(second).Ask(other, lateHours);
            await world.UntilBlocked();
            world.Clock.Advance(TimeSpan.FromMinutes(1));
            early = (await scene.Startup.Ask(scene.Programme, earlyHours)).Expect(HttpStatusCode.Created);
        }

        return ((await late).Expect(HttpStatusCode.Created), early);
    }

    private static async Task<(Scene Scene, Guid Other)> TwoTreesAsync(TestWorld world)
    {
        var scene = await world.Scene();
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        return (scene, other);
    }

    /// <summary>Lets time pass until half a minute before a day's end, by UTC.</summary>
    private static Task PassToAsync(TestWorld world, Scene scene, TimeSpan ofDay) =>
        world.PassAsync(TimeSpan.FromDays(1) + ofDay - world.Now.TimeOfDay - TimeSpan.FromSeconds(30), scene.Startup, scene.Operator);

    private static async Task<Guid> GrantAsync(Scene scene, Guid programme) =>
        Guid.Parse((await scene.Startup.Ask(programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId"));

    /// <summary>An hour of use on one GPU that ended some hours ago.</summary>
    private static object UseOf(TestWorld world, Guid grant, double endedHoursAgo) =>
        new
        {
            id = Guid.NewGuid(),
            grantId = grant,
            gpus = 1,
            startedAt = world.Now.AddHours(-1 - endedHoursAgo),
            endedAt = world.Now.AddHours(-endedHoursAgo),
        };

    private static object Limit(string hours, object window, string level = "organization") =>
        new
        {
            id = "limit",
            measure = "gpu-hours-granted",
            subject = new { level },
            window,
            limit = new { gpuHours = hours },
            outcome = "deny",
        };

    private static Task<decimal> MostInADayAsync(TestWorld world) =>
        world.ScalarAsync<decimal>(
            "select max(hours) from (select sum(gpu_seconds) / 3600.0 as hours from quota_facts where kind = 'awarded' "
                + "group by date_trunc('day', counts_at at time zone 'UTC')) of_day"
        );

    private static async Task<IReadOnlyList<string>> FindingsAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return [.. (await CounterVerifier.VerifyAsync(connection)).Findings.Select(one => one.Message)];
    }
}
