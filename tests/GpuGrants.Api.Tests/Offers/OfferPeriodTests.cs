using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>What offers can still grant between two moments, as people compare them.</summary>
public sealed class OfferPeriodTests
{
    [Fact]
    public async Task A_search_says_filters_and_sorts_by_the_hours_that_are_free_in_a_period()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 4);
        var start = world.FullHour();
        var undated = await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 30, region: "eu-west");
        var late = await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 0, region: "us-east");
        var tranche = await scene.Operator.Tranche(late, 1, start.AddDays(3), start.AddDays(6));
        (await world.Admin.Post($"/v1/offers/{late}/accept", null, ("If-Match", tranche.ETag))).Expect(HttpStatusCode.OK);
        await scene.Granted(
            30,
            new
            {
                durationDays = 1,
                gpus = 2,
                region = "kr-central",
            }
        );
        (await scene.Startup.Reserve(scene.Programme, 1, 1, start.AddDays(3), "kr-central")).Expect(HttpStatusCode.Created);

        // In the first day 18 of 48 hours are free. All four days have 192 hours, of which 54 are promised.
        Assert.Equal(18, await In(world, scene.Offer, start, start.AddDays(1)));
        Assert.Equal(138, await In(world, scene.Offer, start, start.AddDays(4)));
        Assert.Equal(24, await In(world, scene.Offer, start.AddDays(3), start.AddDays(9)));
        Assert.Equal(6, await In(world, scene.Offer, start.AddDays(3), start.AddDays(3).AddHours(6)));
        Assert.Equal(0, await In(world, scene.Offer, start.AddDays(4), start.AddDays(5)));
        // Hours without dates may be used whenever the offer serves. What begins before now counts from now on.
        Assert.Equal(30, await In(world, undated, start.AddDays(-10), start.AddDays(1)));
        Assert.Equal((0m, 72m), (await In(world, late, start, start.AddDays(3)), await In(world, late, start, start.AddDays(6))));
        // Without a period nothing is said of one.
        Assert.All(await Search(world, ""), one => Assert.Null(one["periodGpuHours"]));

        var day = Period(start, start.AddDays(1));
        Assert.Equal([undated, scene.Offer, late], await Ids(world, $"{day}&sort=-period"));
        Assert.Equal([late, scene.Offer, undated], await Ids(world, $"{day}&sort=period"));
        Assert.Equal([undated, scene.Offer], await Ids(world, $"{day}&sort=-period&minPeriodGpuHours=18"));
        Assert.Equal([undated], await Ids(world, $"{day}&minPeriodGpuHours=18.01"));
        Assert.Equal([undated], await Ids(world, $"{day}&minPeriodGpuHours=18&sort=available&region=eu-west"));
        Assert.Equal(3, (await Ids(world, $"{day}&sort=-available")).Count);
        Assert.Equal([undated, scene.Offer, late], await world.PagedOffersAsync($"{day}&sort=-period", limit: 1));

        // A quote pins hours of the period until it expires.
        (await scene.Startup.Quote(scene.Programme, 10, new { durationDays = 1, region = "kr-central" })).Expect(HttpStatusCode.Created);
        Assert.Equal(8, await In(world, scene.Offer, start, start.AddDays(1)));
        world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(14, await In(world, scene.Offer, start, start.AddDays(1)));
    }

    [Fact]
    public async Task Hours_of_tranches_that_have_passed_are_not_shown_as_left()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 1);
        var undated = await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 37, region: "eu-west");
        Assert.Equal((48m, 37m), (await Left(scene.Offer), await Left(undated)));

        // The day that runs is accounted for when it is over. Six hours of two GPUs have passed.
        await world.PassAsync(scene, hours: 5.5);
        var shown = (await scene.Startup.Get($"/v1/offers/{scene.Offer}")).Number("availableGpuHours");
        Assert.Equal((36m, 36m, 37m), (shown, await Left(scene.Offer), await Left(undated)));
        Assert.Equal([undated], await Ids(world, "minGpuHours=37"));
        Assert.Equal([scene.Offer, undated], await Ids(world, "sort=available"));
        Assert.Equal([undated, scene.Offer], await world.PagedOffersAsync("sort=-available", limit: 1));
        await world.PassAsync(scene, hours: 18.6);
        Assert.Equal(0, await Left(scene.Offer));

        async Task<decimal> Left(Guid offer) =>
            (await Search(world, "")).Single(one => one["offerId"]!.GetValue<Guid>() == offer)["availableGpuHours"]!.GetValue<decimal>();
    }

    [Fact]
    public async Task Searches_with_a_period_have_few_places_of_which_no_caller_takes_all()
    {
        await using var world = await TestWorld.StartAsync("--Proxies:Addresses:0=127.0.0.1");
        var scene = await world.Dated(1, 2);
        var query = $"{Period(world.FullHour(), world.FullHour().AddDays(1))}&sort=period";
        List<Task<Reply>> waiting = [];
        await using (var locked = new NpgsqlConnection(world.Database))
        {
            await locked.OpenAsync();
            await using var command = new NpgsqlCommand("begin; lock table offer_tranches in access exclusive mode", locked);
            await command.ExecuteNonQueryAsync();
            // One network begins more than its own places, and then others take all that strangers have.
            waiting.AddRange(Enumerable.Range(0, 3).Select(_ => Search(1)));
            await RefusedAsync("2 searches");
            waiting.AddRange(Enumerable.Range(2, 16).Select(Search));
            await RefusedAsync("without from and until");
            waiting.AddRange(Enumerable.Range(0, 3).Select(_ => world.Admin.Get($"/v1/offers/search?{query}")));
            await RefusedAsync("2 searches");
        }

        Assert.Equal(19, waiting.Count);
        Assert.All(await Task.WhenAll(waiting), reply => reply.Expect(HttpStatusCode.OK));
        Assert.Single(await Ids(world, query));

        Task<Reply> Search(int network) => world.ReadAsync($"/v1/offers/search?{query}", ("X-Forwarded-For", $"2001:db8:1:{network:x}::1"));

        async Task RefusedAsync(string why)
        {
            var first = await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromMinutes(1));
            waiting.Remove(first);
            var busy = (await first).ExpectProblem(HttpStatusCode.ServiceUnavailable, "queue-full");
            Assert.Contains(why, busy.Text_("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_period_that_is_none_is_refused_with_its_field()
    {
        await using var world = await TestWorld.StartAsync();
        var at = world.FullHour();
        (string Query, string Field)[] bad =
        [
            ($"from={Text(at)}", "until"),
            ($"until={Text(at.AddDays(1))}", "from"),
            (Period(at.AddDays(2), at.AddDays(1)), "until"),
            (Period(at.AddDays(1), at.AddDays(1)), "until"),
            (Period(at.AddDays(-2), at.AddDays(-1)), "until"),
            ("from=tomorrow&until=later", "from"),
            ("sort=period", "from"),
            ("minPeriodGpuHours=1", "from"),
            (Period(at, at.AddDays(1)) + "&minPeriodGpuHours=x", "minPeriodGpuHours"),
            (Period(at, at.AddDays(1)) + "&minPeriodGpuHours=0.001", "minPeriodGpuHours"),
        ];
        foreach (var (query, field) in bad)
            (await world.ReadAsync($"/v1/offers/search?{query}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", field);
    }

    private static async Task<decimal> In(TestWorld world, Guid offer, DateTimeOffset from, DateTimeOffset until) =>
        (await Search(world, Period(from, until))).Single(one => one["offerId"]!.GetValue<Guid>() == offer)[
            "periodGpuHours"
        ]!.GetValue<decimal>();

    private static async Task<List<JsonNode>> Search(TestWorld world, string query) =>
        [.. (await world.ReadAsync($"/v1/offers/search?{query}")).Expect(HttpStatusCode.OK)["data"].AsArray().Select(one => one!)];

    private static async Task<List<Guid>> Ids(TestWorld world, string query) =>
        [.. (await Search(world, query)).Select(one => one["offerId"]!.GetValue<Guid>())];

    private static string Period(DateTimeOffset from, DateTimeOffset until) => $"from={Text(from)}&until={Text(until)}";

    private static string Text(DateTimeOffset moment) => $"{moment.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}";
}
