using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Lives;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>What was used while an offer did not serve as promised is credited back, and the provider pays for it.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task An_outage_credits_back_what_was_used_in_it_and_excuses_what_is_reported_of_it_later()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(4);
        var settled = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(scene, hours: 4);
        var records = (await scene.ReportAsync(world, grant, (-8, -3), (-3, -2.5))).Ids;
        await scene.ReportAsync(world, settled, (-4, 0));
        (await scene.Startup.Post($"/v1/grants/{settled}/close")).Expect(HttpStatusCode.OK);
        var outage = (await RecordAsync(world, scene.Operator, scene, -4, -3.5)).Expect(HttpStatusCode.Created);
        Assert.Equal((2m, 3_600m, 1m), (outage.Number("records"), outage.Number("gpuSeconds"), outage.Number("credits")));
        Assert.Equal(8.5m, await world.Balance(scene.Provider, "earned"));
        // The grant that is settled gives its half hour back to the budget.
        Assert.Equal(1_000 - 10 - 3.5m, await world.Balance(scene.Programme, "budget"));
        var record = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records/{records[0]}")).Expect(HttpStatusCode.OK);
        Assert.Equal((16_200m, 1_800m), (record.Number("gpuSeconds"), record.Number("excusedGpuSeconds")));
        Assert.Equal("The status page", record["revisions"][0]!["reason"]!.GetValue<string>());
        // The same time is excused once, and so is what is reported of it from now on.
        var wider = (await RecordAsync(world, scene.Operator, scene, -4, -2)).Expect(HttpStatusCode.Created);
        Assert.Equal((3m, 9_000m), (wider.Number("records"), wider.Number("gpuSeconds")));
        Assert.Equal((3_600, 0m), Charges(await scene.ReportAsync(world, grant, (-2.5, -1))));
        var listed = (await scene.Startup.Get($"/v1/offers/{scene.Offer}/outages")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, listed["data"].AsArray().Count);
        await world.Verified();
    }

    [Fact]
    public async Task An_outage_gives_back_time_of_reserved_GPUs_that_was_charged_and_charges_none_of_it_later()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 5);
        var grant = Guid.Parse((await scene.Startup.Reserve(scene.Programme, 2, 2)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(scene, hours: 20);
        // What the provider reports charges nothing. Time does, once a day.
        await scene.ReportAsync(world, grant, (-6, -1));
        await world.PassAsync(scene, hours: 4);
        await world.PassAsync(scene, hours: 0.1);
        Assert.Equal(48, await world.Balance(scene.Provider, "earned"));
        var outage = (await RecordAsync(world, scene.Operator, scene, -4.1, -2.1)).Expect(HttpStatusCode.Created);
        Assert.Equal((4 * 3_600m, 4m), (outage.Number("gpuSeconds"), outage.Number("credits")));
        Assert.Equal(44, await world.Balance(scene.Provider, "earned"));
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal((44m, 52m), (read.Number("usedGpuHours"), read.Number("remainingGpuHours")));
        // The same two hours and one more: only that one is credited. It covers reported use too, which charged nothing.
        var wider = (await RecordAsync(world, scene.Operator, scene, -6.1, -2.1)).Expect(HttpStatusCode.Created);
        Assert.Equal(4 * 3_600m, wider.Number("gpuSeconds"));
        Assert.Equal(40, await world.Balance(scene.Provider, "earned"));
        // Of time that was not charged yet, nothing is credited, and nothing is charged later.
        await world.PassAsync(scene, hours: 3.9);
        var fresh = (await RecordAsync(world, scene.Operator, scene, -3, -1)).Expect(HttpStatusCode.Created);
        Assert.Equal(0, fresh.Number("gpuSeconds"));
        await world.PassAsync(scene, hours: 21);
        var ended = await scene.Startup.Get($"/v1/grants/{grant}");
        // 96 hours, less six hours of outage on both GPUs.
        Assert.Equal(("ended", 84m, 12m), (ended.Text_("status"), ended.Number("usedGpuHours"), ended.Number("returnedGpuHours")));
        Assert.Equal((84m, 916m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Programme, "budget")));
        await world.Verified();
        await using var database = new Npgsql.NpgsqlConnection(world.Database);
        await database.OpenAsync();
        Assert.Empty(await GpuGrants.Api.Usage.UsageVerifier.VerifyAsync(database));
    }

    [Fact]
    public async Task An_outage_that_cannot_be_recorded_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(4);
        await world.PassAsync(scene, hours: 4);
        await scene.ReportAsync(world, grant, (-4, 0));
        var before = await world.FingerprintAsync();
        (await RecordAsync(world, scene.Startup, scene, -4, -3)).Expect(HttpStatusCode.Forbidden);
        (await RecordAsync(world, scene.Operator, scene, -1, 1)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        (await RecordAsync(world, scene.Operator, scene, -1, -2)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        (await RecordAsync(world, scene.Operator, scene, -24 * 32, 0)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        // The last days of the calendar are refused like any others that have not passed.
        var last = new
        {
            startedAt = "9999-12-15T00:00:00Z",
            endedAt = "9999-12-16T00:00:00Z",
            evidence = "x",
        };
        Assert.True((int)(await scene.Operator.Post($"/v1/offers/{scene.Offer}/outages", last)).Status is >= 400 and < 500);
        Assert.Equal(before, await world.FingerprintAsync());
        // Nothing was used then, so nothing is given back, and it is on record all the same.
        Assert.Equal(0, (await RecordAsync(world, world.Admin, scene, -9, -8)).Expect(HttpStatusCode.Created).Number("records"));
    }

    [Fact]
    public async Task An_outage_gives_back_to_the_second_while_all_else_that_was_earned_is_disputed()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(4);
        // Both use a second and a half. Rounding makes them charge one second and two.
        const double Use = 1.5 / 3_600;
        var report = await scene.ReportAsync(world, grant, (-2, -2 + Use), (-1, -1 + Use));
        Assert.Equal(3, report.Charged);
        (await scene.Startup.Post($"/v1/grants/{grant}/usage-records/{report.Ids[1]}/dispute", new { reason = "No" })).Expect(
            HttpStatusCode.Created
        );
        var outage = (await RecordAsync(world, scene.Operator, scene, -2.5, -1.5)).Expect(HttpStatusCode.Created);
        Assert.Equal((1m, 2m), (outage.Number("records"), outage.Number("gpuSeconds")));
        Assert.Equal(0, await world.Balance(scene.Provider, "earned"));
        await world.Verified();
    }

    [Fact]
    public async Task An_outage_gives_back_on_each_day_what_was_used_in_it_that_day()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("24"));
        await world.PassAsync(scene, hours: (TimeSpan.FromHours(44) - world.Now.TimeOfDay).TotalHours);
        // At eight in the evening. The second grant is suspended from ten until midnight.
        async Task<Guid> AskAsync() =>
            Guid.Parse(
                (await scene.Startup.Ask(scene.Programme, 8, new { durationDays = 2 })).Expect(HttpStatusCode.Created).Text_("grantId")
            );
        var (grant, suspended) = (await AskAsync(), await AskAsync());
        await world.PassAsync(scene, hours: 2);
        (await world.Admin.Post($"/v1/grants/{suspended}/suspend", new { reason = "A look" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 2);
        (await world.Admin.Post($"/v1/grants/{suspended}/resume", new { reason = "All well" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        await world.PassAsync(scene, hours: 3);
        // From nine in the evening until three in the morning: three hours of today, and two of what may be used today are left.
        await scene.ReportAsync(world, grant, (-6, 0));
        Assert.Equal((3, 2 + 8), await TodayAsync(scene));
        // One hour of yesterday and three of today are charged.
        var paused = await scene.ReportAsync(world, suspended, (-6, 0));
        Assert.Equal((4 * 3_600, 2 * 3_600m), (paused.Charged, paused.Uncharged));
        Assert.Equal((6, 2 + 4), await TodayAsync(scene));
        (await scene.Operator.Post($"/v1/grants/{suspended}/usage-records/{paused.Ids[0]}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal((3, 2 + 8), await TodayAsync(scene));
        // All of the evening comes back, and nothing of the morning.
        Assert.Equal(
            3 * 3_600,
            (await RecordAsync(world, scene.Operator, scene, -6, -3)).Expect(HttpStatusCode.Created).Number("gpuSeconds")
        );
        Assert.Equal((3, 5 + 8), await TodayAsync(scene));
        Assert.Equal(
            3_600,
            (await RecordAsync(world, scene.Operator, scene, -3.5, -2)).Expect(HttpStatusCode.Created).Number("gpuSeconds")
        );
        Assert.Equal((2, 6 + 8), await TodayAsync(scene));
        // The day has what is left of it, to the hour.
        var day = new { durationDays = 1 };
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 9, day)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 8, day)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task What_was_counted_together_within_minutes_comes_back_from_the_minute_in_which_it_was_used()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.UsedHours("9", new { kind = "rolling", duration = "PT1H" }));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(scene, hours: 0.75);
        const double Minute = 1 / 60.0;
        var report = await scene.ReportAsync(world, grant, (-0.5, -0.4), (-Minute, 0));
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{report.Ids[0]}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(0.02m, decimal.Round((await TodayAsync(scene)).Used, 2));
        await world.PassAsync(scene, hours: 0.5);
        Assert.Equal(0.02m, decimal.Round((await TodayAsync(scene)).Used, 2));
        await world.Verified();
    }

    [Fact]
    public async Task One_disputed_record_keeps_nobody_else_from_a_refund_and_gets_its_own_once_the_dispute_is_decided()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(4);
        var (_, other) = await world.Organization(name: "Somebody else");
        var second = Guid.Parse((await other.Ask(scene.Programme, 8)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(TimeSpan.FromHours(4), scene.Startup, scene.Operator, other);
        var (from, to) = (world.Now.AddHours(-3), world.Now.AddHours(-1));
        var records = (await scene.ReportAsync(world, grant, (-4, -2), (-2, 0))).Ids;
        await scene.ReportAsync(world, second, (-4, 0));
        var (rejected, upheld) = (await DisputeAsync(scene, grant, records[0]), await DisputeAsync(scene, grant, records[1]));

        // Two hours of the other organization come back at once. While the disputes are open, nothing more does.
        Assert.Equal((1, 7_200, 2m, 2), Gave(await AgainAsync()));
        Assert.Equal((0, 0, 0m, 2), Gave(await AgainAsync()));
        Assert.Equal(1_000 - 10 - 8, await world.Balance(scene.Programme, "budget"));
        Assert.Equal((2m, 4m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Provider, "disputed")));

        // A rejected one is credited by the next call, once. An upheld one is void and has nothing to get back.
        await DecideAsync(world, rejected, "reject");
        Assert.Equal((1, 3_600, 1m, 1), Gave(await AgainAsync()));
        Assert.Equal((0, 0, 0m, 1), Gave(await AgainAsync()));
        await DecideAsync(world, upheld, "uphold");
        Assert.Equal((0, 0, 0m, 0), Gave(await AgainAsync()));
        Assert.Equal((3m, 0m), (await world.Balance(scene.Provider, "earned"), await world.Balance(scene.Provider, "disputed")));
        var record = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records/{records[0]}")).Expect(HttpStatusCode.OK);
        Assert.Equal((3_600m, 3_600m, 2m), (record.Number("gpuSeconds"), record.Number("excusedGpuSeconds"), record.Number("version")));
        await world.Verified();

        Task<Reply> AgainAsync() => RecordAsync(scene.Operator, scene, from, to);
    }

    [Fact]
    public async Task An_offer_has_so_many_outages_in_a_year_and_no_more()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, _) = await world.RunningGrant(4);
        await world.PassAsync(scene, hours: 4);
        (await RecordAsync(world, scene.Operator, scene, -3, -2)).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            """
            with more as (insert into outages select (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid()))).*
                from outages o, generate_series(2, 1000) returning 1)
            select count(*) from more
            """
        );
        var before = await world.FingerprintAsync();
        var refused = (await RecordAsync(world, scene.Operator, scene, -2, -1)).ExpectProblem(
            HttpStatusCode.Conflict,
            "too-many-outages",
            "startedAt"
        );
        Assert.Equal(1_000, refused.Number("limit"));
        Assert.Equal(before, await world.FingerprintAsync());

        // Half a year later there is room again.
        await world.PassAsync(TimeSpan.FromDays(184), scene.Startup, scene.Operator);
        (await RecordAsync(world, scene.Operator, scene, -2, -1)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_grant_whose_earnings_are_payable_keeps_no_other_grant_from_a_refund()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, payable) = await world.RunningGrant(4);
        var open = Guid.Parse(
            (await scene.Startup.Ask(scene.Programme, 8, new { durationDays = 30 })).Expect(HttpStatusCode.Created).Text_("grantId")
        );
        await world.PassAsync(scene, hours: 2);
        await scene.ReportAsync(world, payable, (-2, 0));
        await scene.ReportAsync(world, open, (-2, 0));
        var (from, to) = (world.Now.AddHours(-1), world.Now);
        (await scene.Startup.Post($"/v1/grants/{payable}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{payable}/settle")).Expect(HttpStatusCode.OK);
        await world.PassAsync(scene, hours: 24 * 8);
        var outage = (await RecordAsync(scene.Operator, scene, from, to)).Expect(HttpStatusCode.Created);
        Assert.Equal((1m, 1m, 1m), (outage.Number("records"), outage.Number("payable"), outage.Number("credits")));
        Assert.Equal((0, 0, 0m, 0), Gave(await RecordAsync(scene.Operator, scene, from, to)));
        await world.Verified();
    }

    /// <summary>Records of an hour each, on one GPU, in outages, disputes and corrections at random.</summary>
    [Theory]
    [MemberData(nameof(NewLives.And), 11, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task In_any_order_of_outages_disputes_and_corrections_each_minute_is_credited_once(int seed)
    {
        const int Hours = 10;
        var random = new Random(seed);
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await world.RunningGrant(4);
        await world.PassAsync(scene, hours: Hours - 4);
        var (start, story) = (world.Now.AddHours(-Hours), new List<string>());
        var ids = (await scene.ReportAsync(world, grant, [.. Enumerable.Range(-Hours, Hours).Select(hour => (hour, hour + 1.0))])).Ids;
        var excused = ids.ToDictionary(id => id, _ => new HashSet<int>());
        var disputes = new Dictionary<Guid, Reply>();
        var (outages, known) = (new List<(int From, int To)>(), new HashSet<int>());
        for (var step = 0; step < 40; step++)
        {
            await StepAsync();
            var charged = new List<int>();
            foreach (var (id, free) in excused)
            {
                var record = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records/{id}")).Expect(HttpStatusCode.OK);
                Assert.True(record.Number("gpuSeconds") == 60 * (60 - free.Count), $"Seed {seed}: {string.Join(", ", story)}");
                charged.Add(60 - free.Count);
            }

            var earned = await world.Balance(scene.Provider, "earned") + await world.Balance(scene.Provider, "disputed");
            Assert.InRange(earned - (charged.Sum() / 60m), -0.00001m, 0.00001m);
        }

        await world.Verified();

        async Task StepAsync()
        {
            var index = random.Next(ids.Length);
            var id = ids[index];
            switch (random.Next(6))
            {
                case 0 when excused.ContainsKey(id) && !disputes.ContainsKey(id):
                    var opened = await scene.Startup.Post($"/v1/grants/{grant}/usage-records/{id}/dispute", new { reason = "Not ours" });
                    story.Add($"dispute {index}: {(int)opened.Status}");
                    if (opened.Status == HttpStatusCode.Created)
                        disputes[id] = opened;
                    break;
                case 1 when disputes.Count > 0:
                    var (decided, dispute) = disputes.ElementAt(random.Next(disputes.Count));
                    var verdict = random.Next(4) == 0 ? "uphold" : "reject";
                    await DecideAsync(world, dispute, verdict);
                    story.Add($"{verdict} {Array.IndexOf(ids, decided)}");
                    disputes.Remove(decided);
                    if (verdict == "uphold")
                        excused.Remove(decided);
                    break;
                case 2 when excused.ContainsKey(id) && !disputes.ContainsKey(id):
                    // The same figures again: the record is charged by all that is known now.
                    var same = new
                    {
                        gpus = 1,
                        startedAt = start.AddHours(index),
                        endedAt = start.AddHours(index + 1),
                        reason = "Metered again",
                    };
                    (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{id}/replace", same)).Expect(HttpStatusCode.OK);
                    story.Add($"replace {index}");
                    Excuse(id, index);
                    break;
                default:
                    var again = outages.Count > 0 && random.Next(2) == 0;
                    var first = random.Next(Hours * 60);
                    var (from, to) = again
                        ? outages[random.Next(outages.Count)]
                        : (first, Math.Min(Hours * 60, first + random.Next(1, 150)));
                    (await RecordAsync(scene.Operator, scene, start.AddMinutes(from), start.AddMinutes(to))).Expect(HttpStatusCode.Created);
                    story.Add($"outage {from}-{to}");
                    outages.Add((from, to));
                    known.UnionWith(Enumerable.Range(from, to - from));
                    foreach (var each in excused.Keys.Except(disputes.Keys))
                        if (Array.IndexOf(ids, each) is var hour && from < (hour + 1) * 60 && to > hour * 60)
                            Excuse(each, hour);
                    break;
            }
        }

        void Excuse(Guid id, int hour) => excused[id] = [.. known.Where(minute => minute / 60 == hour)];
    }

    private static async Task<Reply> DisputeAsync(Scene scene, Guid grant, Guid record) =>
        (await scene.Startup.Post($"/v1/grants/{grant}/usage-records/{record}/dispute", new { reason = "It was down" })).Expect(
            HttpStatusCode.Created
        );

    private static async Task DecideAsync(TestWorld world, Reply dispute, string verdict) =>
        (await world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/{verdict}", new { reason = "The logs" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    private static (int Records, int GpuSeconds, decimal Credits, int Disputed) Gave(Reply outage)
    {
        outage.Expect(HttpStatusCode.Created);
        return ((int)outage.Number("records"), (int)outage.Number("gpuSeconds"), outage.Number("credits"), (int)outage.Number("disputed"));
    }

    /// <summary>What counts today as used, and what may still be used.</summary>
    private static async Task<(decimal Used, decimal Held)> TodayAsync(Scene scene)
    {
        var used = (await scene.Headroom()).Single()!;
        return (used["used"]!.GetValue<decimal>(), used["held"]!.GetValue<decimal>());
    }

    private static (int, decimal) Charges((Guid[] Ids, int Charged, decimal Uncharged) report) => (report.Charged, report.Uncharged);

    private static Task<Reply> RecordAsync(TestWorld world, Person by, Scene scene, double from, double to) =>
        RecordAsync(by, scene, world.Now.AddHours(from), world.Now.AddHours(to));

    private static Task<Reply> RecordAsync(Person by, Scene scene, DateTimeOffset startedAt, DateTimeOffset endedAt) =>
        by.Post(
            $"/v1/offers/{scene.Offer}/outages",
            new
            {
                startedAt,
                endedAt,
                evidence = "The status page",
            }
        );
}
