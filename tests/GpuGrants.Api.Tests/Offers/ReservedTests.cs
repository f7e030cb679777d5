using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Usage;
using Npgsql;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>GPUs that are a grant's own from start to end, and charged by time.</summary>
public sealed class ReservedTests
{
    [Fact]
    public async Task Reserved_GPUs_are_the_grants_own_from_start_to_end_and_charged_by_time()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(4, 10);
        var reserved = (await scene.Startup.Reserve(scene.Programme, 3, 2)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "reserved", 144m), (reserved.Text_("status"), reserved.Text_("mode"), reserved.Number("gpuHours")));

        // One GPU is left in these two days, whoever asks for it and however, and four are afterwards.
        var denied = await scene.Startup.Reserve(scene.Programme, 2, 2);
        var reason = denied["decision"]["reasons"]![0]!;
        Assert.Equal(("reservation-unavailable", "gpus", "1"), (reason.Text_("code"), reason.Text_("field"), reason.Text_("wouldPass")));
        var pooled = await scene.Startup.Ask(scene.Programme, 50, new { gpus = 4, durationDays = 2 });
        Assert.Equal(("denied", "48"), (pooled.Text_("status"), pooled["decision"]["reasons"]![0]!.Text_("wouldPass")));
        var later = await scene.Startup.Reserve(scene.Programme, 4, 8, world.FullHour().AddDays(2));
        Assert.Equal("approved", later.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 2, 3)).Text_("status"));

        // The hours of a reservation are GPUs times duration. Offers without dates have no GPUs to reserve.
        (await scene.Startup.Ask(scene.Programme, 47, new { mode = "reserved", durationDays = 2 })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "gpuHours"
        );
        (await scene.Startup.Ask(scene.Programme, 1, new { mode = "best-effort" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "mode"
        );
        var other = await world.Programme(100);
        await scene.Operator.Offer(other, scene.Provider);
        var undated = await scene.Startup.Reserve(other, 1, 1);
        Assert.Equal(("denied", "mode"), (undated.Text_("status"), undated["decision"]["reasons"]![0]!.Text_("field")));

        // The database repeats it: neither the tranche nor another grant takes a reserved GPU.
        await Assert.ThrowsAsync<PostgresException>(() =>
            world.ScalarAsync<long>("with less as (update offer_tranches set gpus = 3 returning 1) select count(*) from less")
        );

        // What the provider reports is recorded and charges nothing; the day charges all GPUs, once.
        await world.PassAsync(scene, hours: 2);
        var grant = reserved.Text_("grantId");
        var (_, charged, uncharged) = await scene.ReportAsync(world, Guid.Parse(grant), (-1, 0));
        Assert.Equal((0, 0m), (charged, uncharged));
        await world.PassAsync(scene, hours: 22);
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup, scene.Operator);
        Assert.Equal(72, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("usedGpuHours"));
        Assert.Equal(72, await world.Balance(scene.Provider, "earned"));
        var records = (await scene.Operator.Get($"/v1/grants/{grant}/usage-records"))["data"].AsArray();
        var byTime = Assert.Single(records, one => one!["byTime"]?.GetValue<bool>() == true)!;
        (await scene.Operator.Post($"/v1/grants/{grant}/usage-records/{byTime["id"]}/void", new { reason = "A mistake" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "charged-by-time",
            "id"
        );

        // Closing charges what has passed, and gives back the rest at once: GPUs and hours.
        world.Clock.Advance(TimeSpan.FromMinutes(659));
        scene.Startup.ForgetToken();
        world.Admin.ForgetToken();
        var closed = (await scene.Startup.Post($"/v1/grants/{grant}/close", new { })).Expect(HttpStatusCode.OK);
        Assert.Equal(("ended", 105m, 39m), (closed.Text_("status"), closed.Number("usedGpuHours"), closed.Number("returnedGpuHours")));
        Assert.Equal(105, await world.Balance(scene.Provider, "earned"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 39, new { gpus = 4, durationDays = 1 })).Text_("status"));
        await using var database = new NpgsqlConnection(world.Database);
        await database.OpenAsync();
        Assert.Empty(await UsageVerifier.VerifyAsync(database));
    }

    [Fact]
    public async Task A_quote_reserves_from_its_end_on_and_a_review_approves_whole()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 5, Scenes.PerRequest("30"));
        var quote = (
            await scene.Startup.Post(
                "/v1/quotes",
                new
                {
                    programmeId = scene.Programme,
                    mode = "reserved",
                    durationDays = 1,
                    validMinutes = 30,
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal((24m, world.Now.AddMinutes(30)), (quote.Number("gpuHours"), quote["startsAt"].GetValue<DateTimeOffset>()));
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        var used = (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "reserved"), (used.Text_("status"), used.Text_("mode")));
        var waits = await scene.Startup.Reserve(scene.Programme, 1, 2);
        Assert.Equal("in-review", waits.Text_("status"));
        var reviewer = await world.Reviewer(scene.Programme);
        (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { gpuHours = 20 }, ("If-Match", waits.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-not-whole",
            "gpuHours"
        );
        (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 1, 1)).Text_("status"));
    }

    [Fact]
    public async Task A_renewal_of_reserved_GPUs_reserves_as_many_again_for_as_long()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(4, 10);
        var first = (await scene.Startup.Reserve(scene.Programme, 2, 2)).Expect(HttpStatusCode.Created);
        var path = $"/v1/grants/{first.Text_("grantId")}/renew";
        var tried = (await scene.Startup.Post(path + "?dryRun=true", new { gpus = 4, durationDays = 1 })).Expect(HttpStatusCode.OK);
        Assert.Equal(("approved", "reserved", 96m), (tried.Text_("status"), tried.Text_("mode"), tried.Number("gpuHours")));
        var hours = (await scene.Startup.Post(path, new { gpuHours = 95 })).Expect(HttpStatusCode.Created);
        Assert.Equal(("denied", "reservation-not-whole"), (hours.Text_("status"), hours["decision"]["reasons"]![0]!.Text_("code")));
        var next = (await scene.Startup.Post(path)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "reserved", 96m), (next.Text_("status"), next.Text_("mode"), next.Number("gpuHours")));
        var grant = (await scene.Startup.Get($"/v1/grants/{next.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal((2, "reserved"), (grant["gpus"].GetValue<int>(), grant.Text_("mode")));

        // Its GPUs are its own: two of four are left in its days.
        var denied = await scene.Startup.Reserve(scene.Programme, 3, 1, world.FullHour().AddDays(2));
        Assert.Equal("2", denied["decision"]["reasons"]![0]!.Text_("wouldPass"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7_200.25)]
    public async Task A_quote_that_is_made_and_used_between_two_seconds_reserves_whole_seconds(double? startsIn)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 5);
        world.Clock.Advance(TimeSpan.FromTicks(5_123_456));
        var quote = (
            await scene.Startup.Post(
                "/v1/quotes",
                new
                {
                    programmeId = scene.Programme,
                    mode = "reserved",
                    gpus = 2,
                    durationDays = 1,
                    validMinutes = 30,
                    startsAt = startsIn is { } seconds ? world.Now.AddSeconds(seconds) : (DateTimeOffset?)null,
                }
            )
        ).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromTicks(6_300_000_001));
        var used = (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", 48m), (used.Text_("status"), used.Number("gpuHours")));
        var grant = await scene.Startup.Get($"/v1/grants/{used.Text_("grantId")}");
        Assert.Equal(0, grant["startsAt"]!.GetValue<DateTimeOffset>().UtcTicks % TimeSpan.TicksPerSecond);
        Assert.Equal(quote["startsAt"]!.GetValue<DateTimeOffset>(), grant["startsAt"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task GPUs_that_a_person_approves_change_hands_at_full_seconds()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 5, Scenes.PerRequest("30"));
        var waits = await scene.Startup.Reserve(scene.Programme, 2, 1);
        Assert.Equal("in-review", waits.Text_("status"));
        world.Clock.Advance(TimeSpan.FromSeconds(10.5));
        var reviewer = await world.Reviewer(scene.Programme);
        var approved = (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, ("If-Match", waits.ETag))).Expect(
            HttpStatusCode.OK
        );
        var grant = await scene.Startup.Get($"/v1/grants/{approved.Text_("grantId")}");
        var ends = grant["expiresAt"]!.GetValue<DateTimeOffset>();
        Assert.Equal(
            (world.Now.AddSeconds(0.5), world.Now.AddSeconds(0.5).AddDays(1)),
            (grant["startsAt"]!.GetValue<DateTimeOffset>(), ends)
        );
        // The next one begins at the second at which this one ends, and at none before.
        var next = (await scene.Startup.Reserve(scene.Programme, 1, 1, ends)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", next.Text_("status"));
        var early = (await scene.Startup.Reserve(scene.Programme, 1, 1, ends.AddSeconds(-0.5))).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", early.Text_("status"));
        var late = (await scene.Startup.Reserve(scene.Programme, 1, 1, ends.AddSeconds(-1))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", late.Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_sweep_that_looks_for_few_at_a_time_passes_expired_reservations_by()
    {
        await using var world = await TestWorld.StartAsync("--Sweeps:MaxPerLook=1");
        var scene = await world.Dated(2, 5);
        foreach (var _ in new[] { 1, 2 })
            (await scene.Startup.Reserve(scene.Programme, 1, 1)).Expect(HttpStatusCode.Created);

        // Each sweep ends one of them. The other is charged up to its end, and is not looked for again and again.
        for (var sweep = 0; sweep < 3; sweep++)
            await world.PassAsync(TimeSpan.FromDays(3), scene.Startup, scene.Operator).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from grants where status = 'ended' and used_gpu_seconds = 86400"));
        await world.Verified();
    }
}

/// <summary>Reservations in verbs.</summary>
internal static class ReservedScenes
{
    public static Task<Reply> Reserve(
        this Person person,
        Guid programme,
        int gpus,
        int days,
        DateTimeOffset? from = null,
        string? region = null
    ) =>
        person.Post(
            "/v1/requests",
            new
            {
                programmeId = programme,
                mode = "reserved",
                gpus,
                durationDays = days,
                startsAt = from,
                region,
                purpose = "Train a model",
            }
        );
}
