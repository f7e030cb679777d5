using System.Net;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>What becomes of grants on dated tranches: what takes more meets the guard over time, and what ends gives back.</summary>
public sealed class DatedLivesTests
{
    private static readonly (string, string) Korean = ("Accept-Language", "ko");

    [Fact]
    public async Task More_hours_fit_within_the_grants_dates_beside_what_others_were_promised()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var grant = await scene.Granted(10, new { durationDays = 1 });
        var other = await scene.Granted(8, new { durationDays = 1 });
        var path = $"/v1/grants/{grant}/top-up";
        var before = await world.FingerprintAsync();
        // The offer has more than 200 hours left. Six of them lie in this day.
        var dry = (await scene.Startup.Post(path + "?dryRun=true", new { gpuHours = 7 })).Expect(HttpStatusCode.OK);
        Assert.Equal(before, await world.FingerprintAsync());
        var denied = (await scene.Startup.Post(path, new { gpuHours = 7 })).Expect(HttpStatusCode.Created);
        foreach (var reply in (Reply[])[dry, denied])
        {
            var reason = reply["decision"]["reasons"]![0]!;
            Assert.Equal(("denied", "capacity-exhausted"), (reply.Text_("status"), reason["code"]!.GetValue<string>()));
            Assert.Equal("6", reason["wouldPass"]!.GetValue<string>());
            Assert.Contains("6 GPU-hours left between these dates", reason["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        var korean = await scene.Startup.Post(path + "?dryRun=true", new { gpuHours = 7 }, Korean);
        Assert.Contains("이 기간 동안", korean["decision"]["reasons"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        var more = (await scene.Startup.Post(path, new { gpuHours = 6 })).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", more.Text_("status"));
        Assert.Equal(16, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("gpuHours"));
        Assert.Equal(216, await world.Capacity(scene.Offer));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 0.01m, new { durationDays = 1 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post($"/v1/grants/{other}/top-up", new { gpuHours = 0.01 })).Text_("status"));

        // The other one ends: its hours of this day are free for the first.
        (await scene.Startup.Post($"/v1/grants/{other}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Post(path, new { gpuHours = 8 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post(path, new { gpuHours = 0.01 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task More_hours_that_wait_for_a_person_hold_their_place_on_the_grants_own_GPUs()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 1, Scenes.PerRequest("10"));
        var grant = await scene.Granted(10, new { durationDays = 1 });
        var path = $"/v1/grants/{grant}/top-up";
        // Two GPUs have 48 hours. The grant's one GPU has 24, of which it was promised 10.
        Assert.Equal("denied", (await scene.Startup.Post(path, new { gpuHours = 15 })).Text_("status"));
        var waits = (await scene.Startup.Post(path, new { gpuHours = 12 })).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post(path, new { gpuHours = 3 })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Post(path, new { gpuHours = 2 })).Text_("status"));
        var risk = await scene.Operator.Post($"/v1/offers/{scene.Offer}/tranches/1/withdraw?dryRun=true", new { gpus = 2 });
        Assert.Equal((grant.ToString(), 24m), (risk["atRisk"][0]!.Text_("id"), risk["atRisk"][0]!["gpuHours"]!.GetValue<decimal>()));
        var reviewer = await world.Reviewer(scene.Programme);
        (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { gpuHours = 11 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(23, (await scene.Startup.Get($"/v1/grants/{grant}")).Number("gpuHours"));
        Assert.Equal("approved", (await scene.Startup.Post(path, new { gpuHours = 1 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post(path, new { gpuHours = 0.01 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_review_of_more_hours_finds_no_room_once_the_grant_has_a_shorter_life()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 4, Scenes.PerRequest("10"));
        var grant = await scene.Granted(10, new { durationDays = 2 });
        var waits = (await scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 20 })).Expect(HttpStatusCode.Created);
        // Ten hours and the twenty that wait need more than one day of one GPU.
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>().AddDays(-1);
        (await scene.Startup.Post($"/v1/grants/{grant}/shrink", new { expiresAt = end })).Expect(HttpStatusCode.OK);
        var reviewer = await world.Reviewer(scene.Programme);
        var refused = (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-exhausted",
            "gpuHours"
        );
        Assert.Contains("14 GPU-hours", refused.Text_("detail"), StringComparison.Ordinal);
        (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { gpuHours = 14 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.Verified();
    }

    [Fact]
    public async Task A_later_end_of_pooled_hours_fits_where_the_guard_finds_what_the_grant_has_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 3);
        var grant = await scene.Granted(24, new { durationDays = 1 });
        var path = $"/v1/grants/{grant}/extend";
        // Half a day passed unused: what is left fits only partly into the rest of the day, and the second day is another's.
        await world.PassAsync(scene, hours: 12);
        await scene.Granted(24, new { startsAt = world.FullHour().AddHours(12), durationDays = 1 });
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        var before = await world.FingerprintAsync();
        var dry = (await scene.Startup.Post(path + "?dryRun=true", new { expiresAt = end.AddHours(12) })).Expect(HttpStatusCode.OK);
        Assert.Equal(("denied", "capacity-exhausted"), (dry.Text_("status"), dry["decision"]["reasons"]![0]!.Text_("code")));
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal("denied", (await scene.Startup.Post(path, new { expiresAt = end.AddHours(12) })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Post(path, new { expiresAt = end.AddHours(36) })).Text_("status"));
        var extended = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal(end.AddHours(36), extended["expiresAt"]!.GetValue<DateTimeOffset>());
        Assert.Equal(24, extended.Number("gpuHours"));
        // Twelve hours of this day and twelve of the third are the grant's now.
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 11, new { durationDays = 3 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1.5m, new { durationDays = 3 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_later_end_of_reserved_GPUs_asks_for_their_time_and_pays_for_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(3, 10, Scenes.PerRequest("100"));
        var reserved = (await scene.Startup.Reserve(scene.Programme, 2, 2)).Expect(HttpStatusCode.Created);
        var grant = reserved.Text_("grantId");
        var path = $"/v1/grants/{grant}/extend";
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        Assert.Equal(904, await world.Balance(scene.Programme, "budget"));
        // On the fourth day two of the three GPUs are another's.
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 2, 1, end.AddDays(1))).Text_("status"));
        var before = await world.FingerprintAsync();
        var dry = (await scene.Startup.Post(path + "?dryRun=true", new { expiresAt = end.AddDays(2) })).Expect(HttpStatusCode.OK);
        var reason = dry["decision"]["reasons"]![0]!;
        Assert.Equal(("denied", "reservation-unavailable", "1"), (dry.Text_("status"), reason.Text_("code"), reason.Text_("wouldPass")));
        Assert.Equal(before, await world.FingerprintAsync());

        var longer = (await scene.Startup.Post(path, new { expiresAt = end.AddDays(1) })).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "reserved", 48m), (longer.Text_("status"), longer.Text_("mode"), longer.Number("gpuHours")));
        var read = await scene.Startup.Get($"/v1/grants/{grant}");
        Assert.Equal((end.AddDays(1), 144m), (read["expiresAt"]!.GetValue<DateTimeOffset>(), read.Number("gpuHours")));
        Assert.Equal(808, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 2, 1, end)).Text_("status"));

        // Hours alone are not added, and nothing is given back in part: the answers say which call does.
        var topUp = (await scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-not-whole",
            "gpuHours"
        );
        Assert.Contains($"/v1/grants/{grant}/extend", topUp.Text_("detail"), StringComparison.Ordinal);
        var shrink = (await scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpus = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-not-whole",
            "status"
        );
        Assert.Contains($"/v1/grants/{grant}/close", shrink.Text_("detail"), StringComparison.Ordinal);

        // All three days are charged, and what closes early returns with its credits.
        await world.PassAsync(scene, hours: 60);
        var closed = (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal((120m, 24m), (closed.Number("usedGpuHours"), closed.Number("returnedGpuHours")));
        Assert.Equal(832, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(120, await world.Balance(scene.Provider, "earned"));
        await world.Verified();
    }

    [Fact]
    public async Task A_later_end_of_reserved_GPUs_is_held_while_a_person_decides()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 6, Scenes.PerRequest("40"));
        var grant = (await scene.Startup.Reserve(scene.Programme, 1, 1)).Expect(HttpStatusCode.Created).Text_("grantId");
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        var path = $"/v1/grants/{grant}/extend";
        var waits = (await scene.Startup.Post(path, new { expiresAt = end.AddDays(2) })).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 48m), (waits.Text_("status"), waits.Number("gpuHours")));
        Assert.Equal(928, await world.Balance(scene.Programme, "budget"));
        var second = (await scene.Startup.Post(path, new { expiresAt = end.AddDays(2) })).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", second.Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 1, 1, end)).Text_("status"));
        var reviewer = await world.Reviewer(scene.Programme);
        (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(end.AddDays(2), (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>());
        // The other one asked for the same days. It gives them back.
        (await reviewer.Post($"/v1/requests/{second.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-not-larger",
            "expiresAt"
        );
        (await scene.Startup.Post($"/v1/requests/{second.Id}/withdraw")).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 1, 1, end)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_scheduled_grant_starts_early_where_the_guard_finds_its_hours()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 10);
        var later = new { startsAt = world.FullHour().AddDays(4), durationDays = 2 };
        var pooled = await scene.Granted(20, later);
        var reserved = (await scene.Startup.Reserve(scene.Programme, 1, 2, later.startsAt)).Text_("grantId");
        var crowd = await scene.Granted(40, new { durationDays = 1, gpus = 2 });
        world.Clock.Advance(TimeSpan.FromMilliseconds(1_500));
        var before = await world.FingerprintAsync();
        var refused = (await scene.Startup.Post($"/v1/grants/{reserved}/activate")).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-unavailable",
            "gpus"
        );
        Assert.Contains("The grant stays as it was.", refused.Text_("detail"), StringComparison.Ordinal);
        var korean = (await scene.Startup.Post($"/v1/grants/{reserved}/activate?dryRun=true", null, Korean)).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-unavailable",
            "gpus"
        );
        Assert.Contains("지원은 그대로입니다.", korean.Text_("detail"), StringComparison.Ordinal);
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal("active", (await scene.Startup.Post($"/v1/grants/{pooled}/activate?dryRun=true")).Text_("status"));
        Assert.Equal(before, await world.FingerprintAsync());

        (await scene.Startup.Post($"/v1/grants/{crowd}/close")).Expect(HttpStatusCode.OK);
        var started = (await scene.Startup.Post($"/v1/grants/{reserved}/activate")).Expect(HttpStatusCode.OK);
        // Reserved GPUs change hands at full seconds.
        var start = started["startsAt"]!.GetValue<DateTimeOffset>();
        Assert.Equal((0, start.AddDays(2)), (start.UtcTicks % TimeSpan.TicksPerSecond, started["expiresAt"]!.GetValue<DateTimeOffset>()));
        Assert.InRange(start - world.Now, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        // Its GPU of the fourth day is free, and one of now is not.
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 2, 1)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 1, 2, later.startsAt)).Text_("status"));
        Assert.Equal("active", (await scene.Startup.Post($"/v1/grants/{pooled}/activate")).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 29, new { durationDays = 2 })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 27.9m, new { durationDays = 2 })).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task A_grant_moves_to_tranches_and_from_tranches_where_they_have_its_hours_in_its_dates()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 5);
        var (spare, spareOperator) = await world.Provider("Spare Cloud");
        var undated = await spareOperator.Offer(scene.Programme, spare, capacity: 50, region: "eu-west");
        var dated = await spareOperator.DatedOffer(world, scene.Programme, spare, gpus: 1, days: 5, region: "us-east");
        var pooled = await scene.Granted(20, new { durationDays = 1, region = "kr-central" });
        var reserved = (await scene.Startup.Reserve(scene.Programme, 1, 1, world.FullHour().AddDays(2), "kr-central")).Text_("grantId");
        var blocker = await scene.Granted(10, new { durationDays = 1, region = "us-east" });
        var before = await world.FingerprintAsync();
        var refused = (await Move(world.Admin, pooled, dated)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "offerId");
        Assert.Contains("14 GPU-hours left in the grant's dates", refused.Text_("detail"), StringComparison.Ordinal);
        (await Move(world.Admin, Guid.Parse(reserved), undated)).ExpectProblem(
            HttpStatusCode.Conflict,
            "reservation-unavailable",
            "offerId"
        );
        Assert.Equal(before, await world.FingerprintAsync());
        (await scene.Startup.Post($"/v1/grants/{blocker}/close")).Expect(HttpStatusCode.OK);

        // To tranches: its hours are promised there and free here.
        var moved = (await Move(world.Admin, pooled, dated)).Expect(HttpStatusCode.Created);
        Assert.Equal((100m, 120m - 24), (await world.Capacity(dated), await world.Capacity(scene.Offer)));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 5, new { durationDays = 1, region = "us-east" })).Text_("status"));
        Assert.Equal(
            "approved",
            (await scene.Startup.Ask(scene.Programme, 20, new { durationDays = 1, region = "kr-central" })).Text_("status")
        );
        // To an offer without dates, from where it takes nothing of any day.
        (await Move(world.Admin, moved.Id, undated)).Expect(HttpStatusCode.Created);
        Assert.Equal(
            "approved",
            (await scene.Startup.Ask(scene.Programme, 20, new { durationDays = 1, region = "us-east" })).Text_("status")
        );

        // Reserved GPUs stay reserved. What ran is paid to whom it ran with, and the rest goes on to the second.
        world.Clock.Advance(TimeSpan.FromMilliseconds(500));
        await world.PassAsync(TimeSpan.FromHours(54), scene.Startup, scene.Operator, spareOperator);
        var on = (await Move(world.Admin, Guid.Parse(reserved), dated)).Expect(HttpStatusCode.Created);
        var old = await scene.Startup.Get($"/v1/grants/{reserved}");
        Assert.Equal(("reserved", "moved"), (on.Text_("mode"), old.Text_("endedAs")));
        Assert.InRange(old.Number("usedGpuHours"), 5, 7);
        Assert.InRange(old.Number("usedGpuHours") + on.Number("remainingGpuHours"), 23.99m, 24);
        Assert.Equal("denied", (await scene.Startup.Reserve(scene.Programme, 1, 1, region: "us-east")).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 1, 1, region: "kr-central")).Text_("status"));
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup, scene.Operator, spareOperator);
        Assert.Equal("ended", (await scene.Startup.Get($"/v1/grants/{on.Id}")).Text_("status"));
        await world.Verified();
    }

    [Theory]
    [InlineData(false, 20)]
    [InlineData(true, 8)]
    public async Task What_a_moved_grant_has_left_when_it_is_settled_goes_on_to_tranches_that_have_room(bool isFull, int expected)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (spare, spareOperator) = await world.Provider("Spare Cloud");
        var dated = await spareOperator.DatedOffer(world, scene.Programme, spare, gpus: 1, days: 3, region: "us-east");
        var grant = await scene.Granted(20, new { durationDays = 3, region = "kr-central" });
        await world.PassAsync(TimeSpan.FromHours(12), scene.Startup, scene.Operator, spareOperator);
        // Twelve hours may have been used. Eight go on at once, and the rest when nobody reports any use.
        var moved = (await Move(world.Admin, grant, dated)).Expect(HttpStatusCode.Created);
        Assert.Equal(8, moved.Number("remainingGpuHours"));
        if (isFull)
            await scene.Granted(52, new { durationDays = 3, region = "us-east" });
        await world.PassAsync(TimeSpan.FromHours(25), scene.Startup, scene.Operator, spareOperator);
        Assert.Equal(expected, (await scene.Startup.Get($"/v1/grants/{moved.Id}")).Number("remainingGpuHours"));
        await world.Verified();
    }

    [Fact]
    public async Task A_code_promises_its_hours_when_it_is_redeemed_and_stays_good_when_they_do_not_fit()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 3);
        var (_, mina) = await world.Organization(name: "Mina");
        var (_, juno) = await world.Organization(name: "Juno");
        var terms = new
        {
            gpuHours = 20,
            durationDays = 1,
            redeemBy = world.Now.AddDays(1).ToString("O"),
        };
        var much = (await world.TryMint(scene, 3, terms)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "count");
        Assert.Equal(2, much.Number("limit"));
        Assert.Contains("until the last code's grant would end", much.Text_("detail"), StringComparison.Ordinal);
        var (_, codes) = await world.Mint(scene, 2, terms);
        Assert.Equal(32, await world.Capacity(scene.Offer));

        Assert.Equal("approved", (await mina.Redeem(codes[0])).Expect(HttpStatusCode.Created).Text_("status"));
        // The second has 20 hours in reserve, and this day has four.
        var denied = (await juno.Redeem(codes[1])).Expect(HttpStatusCode.Created);
        var reason = denied["decision"]["reasons"]![0]!;
        Assert.Equal(("denied", "capacity-exhausted"), (denied.Text_("status"), reason.Text_("code")));
        Assert.Contains("between these dates", reason.Text_("message"), StringComparison.Ordinal);
        Assert.Contains("Ask again later", reason.Text_("message"), StringComparison.Ordinal);
        // It was not used up: on the next day it is redeemed.
        await world.PassAsync(TimeSpan.FromHours(23), juno, mina, scene.Startup);
        Assert.Equal("approved", (await juno.Redeem(codes[1])).Expect(HttpStatusCode.Created).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task Less_of_a_grant_needs_a_place_in_time_too()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 2);
        var grant = await scene.Granted(40, new { durationDays = 2, gpus = 2 });
        await scene.Granted(40, new { durationDays = 1, gpus = 2 });
        var path = $"/v1/grants/{grant}/shrink";
        var end = (await scene.Startup.Get($"/v1/grants/{grant}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        var before = await world.FingerprintAsync();
        // Of the first day 8 hours are free. With one GPU, the grant could have those and 24 of the second day.
        var earlier = (await scene.Startup.Post(path, new { expiresAt = end.AddDays(-1) })).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-exhausted",
            "expiresAt"
        );
        Assert.Contains("Give back 32 GPU-hours more with it", earlier.Text_("detail"), StringComparison.Ordinal);
        (await scene.Startup.Post(path, new { gpus = 1 })).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "gpus");
        (await scene.Startup.Post(path + "?dryRun=true", new { gpus = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-exhausted",
            "gpus"
        );
        Assert.Equal(before, await world.FingerprintAsync());
        var smaller = (await scene.Startup.Post(path, new { gpus = 1, gpuHours = 8 })).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 32m), (smaller["gpus"]!.GetValue<int>(), smaller.Number("remainingGpuHours")));
        Assert.Equal(
            "approved",
            (await scene.Startup.Ask(scene.Programme, 24, new { startsAt = end.AddDays(-1), durationDays = 1 })).Text_("status")
        );
        await world.Verified();
    }

    [Fact]
    public async Task What_ends_or_shrinks_leaves_its_hours_to_others_and_what_is_suspended_does_not()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 2);
        var grant = await scene.Granted(24, new { durationDays = 1 });
        Task<string> Rest(decimal hours) => Status(scene, hours);
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "A look" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", await Rest(1));
        (await world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "All is well" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", await Rest(1));
        (await scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpuHours = 4 })).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", await Rest(5));
        Assert.Equal("approved", await Rest(4));
        (await world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Misuse" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", await Rest(21));
        Assert.Equal("approved", await Rest(20));
        Assert.Equal(24, await world.Capacity(scene.Offer));

        // Nobody reports any use: what was granted, and what was not, goes back to the provider's supply.
        await world.PassAsync(TimeSpan.FromDays(5), scene.Startup, scene.Operator);
        Assert.Equal(0, await world.Capacity(scene.Offer));
        Assert.Equal(48 * 3_600, await world.ScalarAsync<long>("select sum(amount)::bigint from transfers where reason = 'undelivered'"));
        await world.Verified();
    }

    [Fact]
    public async Task A_reserved_grant_is_renewed_with_its_GPUs()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 4);
        var grant = (await scene.Startup.Reserve(scene.Programme, 2, 1)).Text_("grantId");
        var renewed = (await scene.Startup.Post($"/v1/grants/{grant}/renew", new { })).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", "reserved", 48m), (renewed.Text_("status"), renewed.Text_("mode"), renewed.Number("gpuHours")));
        Assert.Equal("denied", (await scene.Startup.Post($"/v1/grants/{grant}/renew", new { gpus = 1 })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Reserve(scene.Programme, 2, 1, world.FullHour().AddDays(2.5))).Text_("status"));
    }

    [Fact]
    public async Task The_guard_holds_for_acts_of_many_at_once_on_two_replicas()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await world.StartSecondAsync();
        var scene = await world.Dated(1, 1);
        var grants = new List<Guid>();
        for (var i = 0; i < 4; i++)
            grants.Add(await scene.Granted(2, new { durationDays = 1 }));
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(i =>
                    (i % 2 == 0 ? scene.Startup : scene.Startup.On(other)).Post($"/v1/grants/{grants[i % 4]}/top-up", new { gpuHours = 2 })
                )
        );
        // Sixteen of the day's hours were free.
        Assert.Equal(8, replies.Count(reply => reply.Expect(HttpStatusCode.Created).Text_("status") == "approved"));
        await world.Verified();
    }

    private static async Task<string> Status(Scene scene, decimal hours) =>
        (await scene.Startup.Ask(scene.Programme, hours, new { durationDays = 1 })).Text_("status");

    private static Task<Reply> Move(Person person, Guid grant, Guid offer) =>
        person.Post($"/v1/grants/{grant}/move", new { offerId = offer, reason = "The provider withdraws" }, Person.AnyVersion);
}
