using System.Net;
using GpuGrants.Api.Tests.Fire;
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
        var (scene, grant) = await StageAsync(world);
        var settled = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await PassAsync(world, scene, hours: 4);
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
        await PassAsync(world, scene, hours: 20);
        // What the provider reports charges nothing. Time does, once a day.
        await scene.ReportAsync(world, grant, (-6, -1));
        await PassAsync(world, scene, hours: 4);
        await PassAsync(world, scene, hours: 0.1);
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
        await PassAsync(world, scene, hours: 3.9);
        var fresh = (await RecordAsync(world, scene.Operator, scene, -3, -1)).Expect(HttpStatusCode.Created);
        Assert.Equal(0, fresh.Number("gpuSeconds"));
        await PassAsync(world, scene, hours: 21);
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
        var (scene, grant) = await StageAsync(world);
        await PassAsync(world, scene, hours: 4);
        var record = (await scene.ReportAsync(world, grant, (-4, 0))).Ids[0];
        (await scene.Startup.Post($"/v1/grants/{grant}/usage-records/{record}/dispute", new { reason = "It was down" })).Expect(
            HttpStatusCode.Created
        );
        var before = await world.FingerprintAsync();
        (await RecordAsync(world, scene.Startup, scene, -4, -3)).Expect(HttpStatusCode.Forbidden);
        (await RecordAsync(world, scene.Operator, scene, -1, 1)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        (await RecordAsync(world, scene.Operator, scene, -1, -2)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        (await RecordAsync(world, scene.Operator, scene, -24 * 32, 0)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endedAt");
        (await RecordAsync(world, scene.Operator, scene, -4, -3)).ExpectProblem(HttpStatusCode.Conflict, "usage-disputed", "startedAt");
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
        var (scene, grant) = await StageAsync(world);
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
        var scene = await world.Scene(rules: UsedPerDay("24"));
        await PassAsync(world, scene, hours: (TimeSpan.FromHours(44) - world.Now.TimeOfDay).TotalHours);
        // At eight in the evening. The second grant is suspended from ten until midnight.
        async Task<Guid> AskAsync() =>
            Guid.Parse(
                (await scene.Startup.Ask(scene.Programme, 8, new { durationDays = 2 })).Expect(HttpStatusCode.Created).Text_("grantId")
            );
        var (grant, suspended) = (await AskAsync(), await AskAsync());
        await PassAsync(world, scene, hours: 2);
        (await world.Admin.Post($"/v1/grants/{suspended}/suspend", new { reason = "A look" }, ("If-Match", "*"))).Expect(HttpStatusCode.OK);
        await PassAsync(world, scene, hours: 2);
        (await world.Admin.Post($"/v1/grants/{suspended}/resume", new { reason = "All well" }, ("If-Match", "*"))).Expect(
            HttpStatusCode.OK
        );
        await PassAsync(world, scene, hours: 3);
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
        var scene = await world.Scene(rules: UsedPerDay("9", new { kind = "rolling", duration = "PT1H" }));
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await PassAsync(world, scene, hours: 0.75);
        const double Minute = 1 / 60.0;
        var report = await scene.ReportAsync(world, grant, (-0.5, -0.4), (-Minute, 0));
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{report.Ids[0]}/void", new { reason = "Not theirs" })).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(0.02m, decimal.Round((await TodayAsync(scene)).Used, 2));
        await PassAsync(world, scene, hours: 0.5);
        Assert.Equal(0.02m, decimal.Round((await TodayAsync(scene)).Used, 2));
        await world.Verified();
    }

    /// <summary>A grant of ten hours on one GPU, four hours after its start.</summary>
    private static async Task<(Scene Scene, Guid Grant)> StageAsync(TestWorld world)
    {
        var scene = await world.Scene();
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await PassAsync(world, scene, hours: 4);
        return (scene, grant);
    }

    private static Task PassAsync(TestWorld world, Scene scene, double hours) =>
        world.PassAsync(TimeSpan.FromHours(hours), scene.Startup, scene.Operator);

    private static object UsedPerDay(string hours, object? window = null) =>
        new
        {
            id = "used",
            measure = "gpu-hours-used",
            subject = new { level = "organization" },
            window = window ?? new { kind = "calendar", unit = "day" },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };

    /// <summary>What counts today as used, and what may still be used.</summary>
    private static async Task<(decimal Used, decimal Held)> TodayAsync(Scene scene)
    {
        var headroom = (await scene.Startup.Get($"/v1/organizations/{scene.Organization}/headroom?programmeId={scene.Programme}")).Expect(
            HttpStatusCode.OK
        );
        var used = headroom["data"][0]!["quotas"]!.AsArray().Single()!;
        return (used["used"]!.GetValue<decimal>(), used["held"]!.GetValue<decimal>());
    }

    private static (int, decimal) Charges((Guid[] Ids, int Charged, decimal Uncharged) report) => (report.Charged, report.Uncharged);

    private static Task<Reply> RecordAsync(TestWorld world, Person by, Scene scene, double from, double to) =>
        by.Post(
            $"/v1/offers/{scene.Offer}/outages",
            new
            {
                startedAt = world.Now.AddHours(from),
                endedAt = world.Now.AddHours(to),
                evidence = "The status page",
            }
        );
}
