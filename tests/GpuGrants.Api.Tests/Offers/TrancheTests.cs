using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Dated capacity: GPUs between two moments, and a guard that looks at time.</summary>
public sealed class TrancheTests
{
    [Fact]
    public async Task A_provider_puts_up_tranches_and_withdraws_them_down_to_what_is_promised()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        var offer = $"/v1/offers/{scene.Offer}";
        var now = world.FullHour();
        await RefusesBadTranches(scene.Operator, $"{offer}/tranches", now);

        // The programme accepted an offer without any GPU time, so a tranche waits for it.
        var proposed = (await scene.Operator.Tranche(scene.Offer, 2, now, now.AddDays(10))).Expect(HttpStatusCode.OK);
        Assert.Equal("proposed", proposed["tranches"][0]!["status"]!.GetValue<string>());
        Assert.Equal(480, proposed["pending"]["moreGpuHours"]!.GetValue<decimal>());
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        (await world.Admin.Post($"{offer}/accept", null, ("If-Match", proposed.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(480, await world.Capacity(scene.Offer));

        // 100 of the 480 hours lie beside those that one GPU can still give in ten days.
        var first = await scene.Startup.Ask(scene.Programme, 100, new { durationDays = 10 });
        var denied = await scene.Startup.Ask(scene.Programme, 300, new { durationDays = 10 });
        Assert.Equal(("approved", "denied"), (first.Text_("status"), denied.Text_("status")));
        var reason = denied["decision"]["reasons"]![0]!;
        Assert.Equal(("capacity-exhausted", "240"), (reason["code"]!.GetValue<string>(), reason["wouldPass"]!.GetValue<string>()));
        Assert.Contains("240 GPU-hours left between these dates", reason["message"]!.GetValue<string>(), StringComparison.Ordinal);
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var second = await scene.Startup.Ask(scene.Programme, 240, new { durationDays = 10 });
        Assert.Equal("approved", second.Text_("status"));

        // Without one of the GPUs, the younger grant would lack 100 hours.
        var withdraw = $"{offer}/tranches/1/withdraw";
        var before = await world.FingerprintAsync();
        var risk = (await scene.Operator.Post($"{withdraw}?dryRun=true", new { gpus = 1 })).Expect(HttpStatusCode.OK);
        Assert.Equal((0, 239), (risk.Number("withdrawableGpus"), risk.Number("gpuHours")));
        var one = Assert.Single(risk["atRisk"].AsArray())!;
        Assert.Equal((second.Text_("grantId"), 100m), (one["id"]!.GetValue<string>(), one["gpuHours"]!.GetValue<decimal>()));
        var refused = (await scene.Operator.Post(withdraw, new { gpus = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "insufficient-balance",
            "gpus"
        );
        Assert.Equal(0, refused.Number("limit"));
        Assert.Equal(before, await world.FingerprintAsync());
        (await scene.Operator.Post($"{offer}/tranches/2/withdraw", new { gpus = 1 })).Expect(HttpStatusCode.NotFound);

        (await scene.Startup.Post($"/v1/grants/{second.Text_("grantId")}/close", new { })).Expect(HttpStatusCode.OK);
        var taken = (await scene.Operator.Post(withdraw, new { gpus = 1 })).Expect(HttpStatusCode.OK);
        Assert.Empty(taken["atRisk"].AsArray());
        Assert.Equal(141, await world.Capacity(scene.Offer));
        var read = await scene.Operator.Get(offer);
        Assert.Equal((1, 141m), (read["tranches"][0]!["gpus"]!.GetValue<int>(), read.Number("availableGpuHours")));

        // What was accepted in all comes back without asking; capacity without dates does not fit in here.
        Assert.Null(
            (await scene.Operator.Tranche(scene.Offer, 1, now.AddDays(20), now.AddDays(29))).Expect(HttpStatusCode.OK).Body!["pending"]
        );
        Assert.Equal(357, await world.Capacity(scene.Offer));
        (await scene.Operator.Post($"{offer}/add-capacity", new { gpuHours = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-is-dated",
            "gpuHours"
        );
        var other = await scene.Operator.Offer(scene.Programme, scene.Provider, region: "eu-west");
        (await scene.Operator.Tranche(other, 1, now, now.AddDays(1))).ExpectProblem(HttpStatusCode.Conflict, "capacity-not-dated", "gpus");

        // A tranche that waits goes with its rejection; one that is withdrawn while it waits, at once.
        var third = (await scene.Operator.Tranche(scene.Offer, 5, now, now.AddDays(30))).Expect(HttpStatusCode.OK);
        Assert.Equal(3_595, third["pending"]["moreGpuHours"]!.GetValue<decimal>());
        (await scene.Operator.Post($"{offer}/tranches/3/withdraw", new { gpus = 4 })).Expect(HttpStatusCode.OK);
        var less = await scene.Operator.Get(offer);
        Assert.Equal(719, less["pending"]["moreGpuHours"]!.GetValue<decimal>());
        (await world.Admin.Post($"{offer}/reject", new { reason = "Enough" }, ("If-Match", less.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(2, (await scene.Operator.Get(offer))["tranches"].AsArray().Count);
        Assert.Equal(357, await world.Capacity(scene.Offer));
    }

    [Fact]
    public async Task The_guard_looks_at_time_on_every_replica_and_under_any_concurrency()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await world.StartSecondAsync();
        var scene = await world.Dated(1, 10);
        // All ask for the same day at once. Only one can have the GPU then, though the offer has 240 hours.
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? scene.Startup : scene.Startup.On(other)).Ask(scene.Programme, 24, Day(0)))
        );
        Assert.Equal(1, replies.Count(reply => reply.Text_("status") == "approved"));
        Assert.Equal(216, await world.Capacity(scene.Offer));
        // The next days are free, on whichever replica, and shared hours find their place around them.
        Assert.Equal("approved", (await scene.Startup.On(other).Ask(scene.Programme, 20, Day(1))).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 5, Day(1))).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 196, new { durationDays = 10 })).Text_("status"));
        Assert.Equal(0, await world.Capacity(scene.Offer));
        var sold = await scene.Startup.On(other).Ask(scene.Programme, 0.01m, new { durationDays = 10 });
        Assert.Equal("denied", sold.Text_("status"));

        object Day(int day) => new { startsAt = day == 0 ? (DateTimeOffset?)null : world.Now.AddDays(day), durationDays = 1 };
    }

    [Fact]
    public async Task A_review_holds_its_hours_in_time_and_an_approval_finds_them()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 2, Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var waits = await scene.Startup.Ask(scene.Programme, 24, new { durationDays = 1 });
        Assert.Equal("in-review", waits.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, new { durationDays = 1 })).Text_("status"));
        var risk = await scene.Operator.Post($"/v1/offers/{scene.Offer}/tranches/1/withdraw?dryRun=true", new { gpus = 1 });
        Assert.Equal(waits.Id.ToString(), risk["atRisk"][0]!["id"]!.GetValue<string>());
        var approved = await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, ("If-Match", waits.ETag));
        Assert.Equal("approved", approved.Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1, new { durationDays = 1 })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1, new { durationDays = 2 })).Text_("status"));
    }

    [Fact]
    public async Task Hours_that_pass_undelivered_go_back_to_the_providers_supply()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 2);
        var granted = await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 1 });
        Assert.Equal(38, await world.Capacity(scene.Offer));
        // A day's hours go back when the day is over, as far as they are promised to nobody.
        await world.PassAsync(TimeSpan.FromHours(1), scene.Startup);
        Assert.Equal(38, await world.Capacity(scene.Offer));
        await world.PassAsync(TimeSpan.FromDays(5), scene.Startup);
        Assert.Equal(0, await world.Capacity(scene.Offer));
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{granted.Text_("grantId")}")).Text_("status"));
        Assert.Equal(48 * 3_600, await world.ScalarAsync<long>("select sum(amount)::bigint from transfers where reason = 'undelivered'"));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from events where type = 'offer.capacity-passed'"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
    }

    [Fact]
    public async Task Hours_of_every_offer_go_back_however_many_offers_there_are()
    {
        await using var world = await TestWorld.StartAsync("--Sweeps:MaxPerLook=2");
        var scene = await world.Dated(1, 3);
        List<Guid> offers = [scene.Offer];
        for (var i = 0; i < 4; i++)
            offers.Add(await scene.Operator.DatedOffer(world, scene.Programme, scene.Provider, 1, 3, "kr-central"));
        await world.PassAsync(TimeSpan.FromDays(2), scene.Startup, scene.Operator);
        // Of the third day, nothing has gone back yet.
        foreach (var offer in offers)
            Assert.Equal(24 + 9, await world.Capacity(offer));
        await world.PassAsync(scene, hours: 1);
        Assert.Equal(5, await world.ScalarAsync<long>("select count(*) from events where type = 'offer.capacity-passed'"));
    }

    [Fact]
    public async Task A_fair_programme_does_not_count_hours_that_passed_undelivered_as_promised()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var (second, operators) = await world.Provider("Dokdo Cloud");
        var cheap = await operators.Offer(scene.Programme, second, capacity: 100, rate: 0.5m);
        Assert.Equal(cheap.ToString(), await ServedAsync(50, days: 10));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { matching = "fair" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        await world.PassAsync(TimeSpan.FromDays(9), scene.Startup, scene.Operator);
        // Nobody got anything of the first offer, and nine of its ten days have passed.
        Assert.Equal(24 + 9, await world.Capacity(scene.Offer));
        Assert.Equal(scene.Offer.ToString(), await ServedAsync(10));
        Assert.Equal(scene.Offer.ToString(), await ServedAsync(7));
        Assert.Equal(cheap.ToString(), await ServedAsync(5));

        async Task<string> ServedAsync(decimal hours, int days = 1) =>
            (await scene.Startup.Ask(scene.Programme, hours, new { durationDays = days })).Expect(HttpStatusCode.Created)["grant"][
                "offerId"
            ]!.GetValue<string>();
    }

    [Fact]
    public async Task A_tranche_that_brings_no_hour_is_refused_and_an_offer_that_has_ended_gives_none_back()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 2);
        var tranches = $"/v1/offers/{scene.Offer}/tranches";
        // Of the present hour nothing is left that is whole.
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await scene.Operator.Post(tranches, new { gpus = 1, endsAt = world.FullHour().AddHours(1) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "endsAt"
        );
        (await world.Admin.Patch($"/v1/offers/{scene.Offer}", new { status = "ended" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"{tranches}/1/withdraw", new { gpus = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "offer-ended",
            "status"
        );
    }

    [Fact]
    public async Task An_offer_has_a_bounded_number_of_tranches()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        var from = world.FullHour().AddHours(2);
        for (var i = 0; i < 200; i++)
            (await scene.Operator.Tranche(scene.Offer, 1, from, from.AddHours(1))).Expect(HttpStatusCode.OK);
        (await scene.Operator.Tranche(scene.Offer, 1, from, from.AddHours(1))).ExpectProblem(HttpStatusCode.Conflict, "too-many-tranches");
    }

    private static async Task RefusesBadTranches(Person provider, string path, DateTimeOffset now)
    {
        (object Body, string Field)[] bad =
        [
            (new { endsAt = now.AddDays(1) }, "gpus"),
            (new { gpus = 0, endsAt = now.AddDays(1) }, "gpus"),
            (new { gpus = 100_001, endsAt = now.AddDays(1) }, "gpus"),
            (new { gpus = 1 }, "endsAt"),
            (new { gpus = 1, endsAt = now.AddDays(1).AddMinutes(30) }, "endsAt"),
            (new { gpus = 1, endsAt = now.AddDays(-1) }, "endsAt"),
            (new { gpus = 1, endsAt = now.AddDays(1_200) }, "endsAt"),
            (
                new
                {
                    gpus = 1,
                    startsAt = now.AddSeconds(1),
                    endsAt = now.AddDays(1),
                },
                "startsAt"
            ),
            (
                new
                {
                    gpus = 1,
                    startsAt = now.AddDays(2),
                    endsAt = now.AddDays(2),
                },
                "endsAt"
            ),
            (
                new
                {
                    gpus = 100_000,
                    startsAt = now,
                    endsAt = now.AddDays(1_000),
                },
                "gpus"
            ),
        ];
        foreach (var (body, field) in bad)
            (await provider.Post(path, body)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
    }
}

/// <summary>Offers whose capacity is dated.</summary>
internal static class TrancheScenes
{
    /// <summary>The full hour in which the world is.</summary>
    public static DateTimeOffset FullHour(this TestWorld world) =>
        new(world.Now.UtcTicks - (world.Now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    public static Task<Reply> Tranche(this Person provider, Guid offer, int gpus, DateTimeOffset from, DateTimeOffset until) =>
        provider.Post(
            $"/v1/offers/{offer}/tranches",
            new
            {
                gpus,
                startsAt = from,
                endsAt = until,
            }
        );

    /// <summary>A scene whose offer has one tranche from the present hour on.</summary>
    public static async Task<Scene> Dated(this TestWorld world, int gpus, int days, params object[] rules)
    {
        var scene = await world.Scene(capacity: 0, rules: rules);
        var proposed = await scene.Operator.Tranche(scene.Offer, gpus, world.FullHour(), world.FullHour().AddDays(days));
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", proposed.ETag))).Expect(HttpStatusCode.OK);
        return scene;
    }

    /// <summary>Another offer with one tranche from the present hour on, which the programme accepted.</summary>
    public static async Task<Guid> DatedOffer(
        this Person provider,
        TestWorld world,
        Guid programme,
        Guid providerId,
        int gpus,
        int days,
        string region
    )
    {
        var offer = await provider.Offer(programme, providerId, capacity: 0, region: region);
        var proposed = await provider.Tranche(offer, gpus, world.FullHour(), world.FullHour().AddDays(days));
        (await world.Admin.Post($"/v1/offers/{offer}/accept", null, ("If-Match", proposed.ETag))).Expect(HttpStatusCode.OK);
        return offer;
    }

    /// <summary>A grant that the rules approve.</summary>
    public static async Task<Guid> Granted(this Scene scene, decimal hours, object more)
    {
        var asked = (await scene.Startup.Ask(scene.Programme, hours, more)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        return Guid.Parse(asked.Text_("grantId"));
    }

    /// <summary>GPU-hours that the offer's account can still promise.</summary>
    public static async Task<decimal> Capacity(this TestWorld world, Guid offer) =>
        await world.Balance(offer, "capacity", "gpu:h100") / 3_600;
}
