using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>Whatever happens to grants, credits and GPU time are conserved to the unit, and limits on use hold.</summary>
public sealed class RandomLivesTests
{
    private const int LimitHours = 9;
    private const int Credits = 300;
    private const int Capacity = 400;
    private const int DayMinutes = 24 * 60;

    /// <summary>When the world's first day began, in minutes since the world did.</summary>
    private static int FirstDay => -(int)TestMoment.Start.TimeOfDay.TotalMinutes;

    /// <summary>
    /// Stories that once broke a promise: time for use in a day that its counter has forgotten, a record that was voided after its day,
    /// an outage while the provider's earnings are disputed, and a record of a settled grant that moved to a full day. New ones are
    /// searched for on demand, as many as <c>GPUGRANTS_TEST_LIVES</c> says. <c>LivedGrantsTests</c> searches in the rules alone.
    /// </summary>
    public static TheoryData<int> Seeds => [716925202, 934220048, 625580167, 2038700544, .. NewLives.Seeds];

    [Theory]
    [MemberData(nameof(Seeds), DisableDiscoveryEnumeration = true)]
    public async Task Random_lives_of_grants_conserve_credits_and_time_and_keep_a_limit_on_use(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(Credits, Capacity, Scenes.UsedHours($"{LimitHours}"));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", Policy, Person.AnyVersion)).Expect(System.Net.HttpStatusCode.OK);
        var lives = new RandomLives(world, scene, new Random(seed));
        try
        {
            for (var step = 0; step < 110; step++)
            {
                await lives.StepAsync();
                await CheckAsync(world, lives);
            }

            await using var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            Assert.Empty(await CrashCheck.CountAsync(connection));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}:\n{string.Join('\n', lives.Story)}", failure);
        }
    }

    private static object Policy => new { graceGpuHours = 1, revokeAfterGpuHours = 6 };

    private static async Task CheckAsync(TestWorld world, RandomLives lives)
    {
        var grants = await GrantsAsync(world);
        foreach (var paper in lives.Grants)
        {
            var row = grants[paper.Id];
            if (row.EndedAtMinute is { } ended)
                paper.EndsAt(ended);
            var all = paper.MicrosecondsIn(paper.FromMinute, paper.ToMinute);
            Assert.Equal(all, row.Used + row.Uncharged + row.Excused);
            Assert.Equal(row.Used / 1_000_000, row.UsedSeconds);
            Assert.InRange(row.UsedSeconds, 0, paper.RoomIn(paper.FromMinute, Math.Min(paper.ToMinute, lives.Now)));
            Assert.InRange(row.UsedSeconds + row.Returned, 0, row.Granted);
            for (var minute = paper.FromMinute; minute < paper.ToMinute && minute < lives.Now; minute += 7)
                Assert.InRange(paper.UsedAt(minute), 0, paper.Gpus * 1_000);
        }

        var held = lives.Grants.Sum(one => grants[one.Id].Granted - grants[one.Id].Returned - grants[one.Id].UsedSeconds);
        var used = lives.Grants.Sum(one => grants[one.Id].UsedSeconds);
        var balances = await BalancesAsync(world);
        decimal Balance(string kind, bool credits) => balances.GetValueOrDefault((kind, credits));
        Assert.Equal(used, Balance("delivered", false));
        Assert.Equal(held, Balance("grant", false));
        Assert.Equal((Capacity * 3_600) - used - held, Balance("capacity", false));
        // At rate 1, a credit has 3,600,000 units, and so a GPU-second costs a thousand.
        Assert.Equal(used * 1_000m, Balance("earned", true) + Balance("disputed", true));
        Assert.Equal(held * 1_000m, Balance("grant", true));
        Assert.Equal((Credits * 3_600_000m) - ((used + held) * 1_000m), Balance("budget", true));
        var charged = await ChargedAsync(world);
        CheckLimit(lives, grants, charged);
        if (lives.Story.Count % 4 == 0)
            await CheckTodayAsync(lives, charged);
    }

    /// <summary>
    /// In each day, what was used and what can still be used there are within the limit. What a record charges counts evenly over all of
    /// its minutes that could be charged.
    /// </summary>
    private static void CheckLimit(RandomLives lives, Dictionary<Guid, GrantRow> grants, Dictionary<Guid, long> charged)
    {
        var last = lives.Grants.Select(one => one.ToMinute).DefaultIfEmpty().Max();
        for (var from = FirstDay; from < last; from += DayMinutes)
        {
            var to = from + DayMinutes;
            var taken = 0m;
            foreach (var paper in lives.Grants)
            {
                var row = grants[paper.Id];
                var used = UsedIn(lives, paper, charged, from, to);
                var outstanding = row.Granted - row.Returned - row.UsedSeconds;
                taken += used + Math.Min(outstanding, Math.Max(0, paper.RoomIn(from, to) - used));
            }

            // Each record's part of a window is rounded to the second.
            Assert.InRange(taken, 0, (LimitHours * 3_600) + 60);
        }
    }

    /// <summary>The day has neither more nor less than what was used in it.</summary>
    private static async Task CheckTodayAsync(RandomLives lives, Dictionary<Guid, long> charged)
    {
        var from = FirstDay + ((lives.Now - FirstDay) / DayMinutes * DayMinutes);
        var exact = lives.Grants.Sum(paper => UsedIn(lives, paper, charged, from, from + DayMinutes));
        // Each act may round by a second or two, and the answer is in hundredths of an hour.
        var tolerance = 36 + lives.Story.Count;
        Assert.InRange(await lives.UsedTodayAsync(), exact - tolerance, exact + tolerance);
    }

    /// <summary>GPU-seconds of a grant's records that count between two minutes.</summary>
    private static decimal UsedIn(RandomLives lives, PaperGrant paper, Dictionary<Guid, long> charged, int from, int to) =>
        paper.Records.Sum(one =>
        {
            var minutes = lives.ChargeableMinutes(paper, one.Key, one.Value).ToList();
            return minutes.Count == 0
                ? 0
                : charged[one.Key] / 1_000_000m * minutes.Count(minute => from <= minute && minute < to) / minutes.Count;
        });

    /// <summary>What each record charges, in thousandths of a GPU × milliseconds.</summary>
    private static async Task<Dictionary<Guid, long>> ChargedAsync(TestWorld world)
    {
        var rows = await world.ListAsync(
            """
            select id, (milli_gpus * round(extract(epoch from ended_at - started_at) * 1000) - uncharged_gpu_microseconds
                - excused_gpu_microseconds)::bigint
            from usage_records where voided_at is null
            """,
            row => (row.GetGuid(0), row.GetInt64(1))
        );
        return rows.ToDictionary();
    }

    private static async Task<Dictionary<Guid, GrantRow>> GrantsAsync(TestWorld world)
    {
        var rows = await world.ListAsync(
            """
            select g.id, g.gpu_seconds, g.returned_gpu_seconds, g.used_gpu_seconds, g.used_gpu_microseconds, g.uncharged_gpu_microseconds,
                coalesce((select sum(u.excused_gpu_microseconds) from usage_records u where u.grant_id = g.id and u.voided_at is null), 0)
                    ::bigint,
                (extract(epoch from g.ended_at - $1) / 60)::integer
            from grants g
            """,
            row =>
                (
                    row.GetGuid(0),
                    new GrantRow(
                        row.GetInt64(1),
                        row.GetInt64(2),
                        row.GetInt64(3),
                        row.GetInt64(4),
                        row.GetInt64(5),
                        row.GetInt64(6),
                        row.IsDBNull(7) ? null : row.GetInt32(7)
                    )
                ),
            TestMoment.Start
        );
        return rows.ToDictionary();
    }

    private static async Task<Dictionary<(string Kind, bool Credits), decimal>> BalancesAsync(TestWorld world)
    {
        var rows = await world.ListAsync(
            "select kind, unit = 'credit', sum(credits_posted - debits_posted) from accounts group by 1, 2",
            row => ((row.GetString(0), row.GetBoolean(1)), row.GetDecimal(2))
        );
        return rows.ToDictionary();
    }

    private sealed record GrantRow(
        long Granted,
        long Returned,
        long UsedSeconds,
        long Used,
        long Uncharged,
        long Excused,
        int? EndedAtMinute
    );
}
