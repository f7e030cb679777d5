using System.Net;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>A quote pins offer, rate and GPU time for a while. A request that names it gets them if the rules approve then.</summary>
public sealed class QuoteTests
{
    [Fact]
    public async Task A_request_that_names_a_quote_gets_its_offer_and_rate_once_and_nobody_else_does()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        var quote = (await scene.Startup.Quote(scene.Programme, 60)).Expect(HttpStatusCode.Created);
        Assert.Equal((scene.Offer.ToString(), "open"), (quote.Text_("offerId"), quote.Text_("status")));
        Assert.Equal((1m, 60m), (quote.Number("rate"), quote.Number("credits")));
        Assert.Equal(world.Now.AddMinutes(60), quote["expiresAt"].GetValue<DateTimeOffset>());

        // What is pinned is nobody else's and is not withdrawn.
        Assert.Equal(40, await world.Capacity(scene.Offer));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 41)).Text_("status"));
        (await scene.Startup.Quote(scene.Programme, 41)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "gpuHours");
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/withdraw-capacity", new { gpuHours = 41 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "insufficient-balance",
            "gpuHours"
        );

        // A cheaper offer opens, and the provider asks for more: the quote keeps its own offer and rate.
        await scene.Operator.Offer(scene.Programme, scene.Provider, rate: 0.5m, region: "eu-west");
        var dearer = (await scene.Operator.Post($"/v1/offers/{scene.Offer}/rates", new { rate = 3 })).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/offers/{scene.Offer}/accept", null, ("If-Match", dearer.ETag))).Expect(HttpStatusCode.OK);

        // Somebody else's quote is not there, and a request does not say again what the quote says.
        var (_, stranger) = await world.Organization(name: "Namsan Labs");
        stranger.ForgetToken();
        (await stranger.Get("/v1/me")).Expect(HttpStatusCode.OK);
        var before = await world.FingerprintAsync();
        (await stranger.Use(quote.Id)).Expect(HttpStatusCode.NotFound);
        (await stranger.Get($"/v1/quotes/{quote.Id}")).Expect(HttpStatusCode.NotFound);
        Assert.Empty((await stranger.Get("/v1/quotes")).Expect(HttpStatusCode.OK)["data"].AsArray());
        (await scene.Startup.Use(quote.Id, new { gpuHours = 10 })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "gpuHours");
        (await scene.Startup.Use(Guid.NewGuid())).Expect(HttpStatusCode.NotFound);
        Assert.Equal(before, await world.FingerprintAsync());

        // Used half an hour later, it gives a grant that ends when the quote said. Two uses at once pay once.
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        var both = await Task.WhenAll(scene.Startup.Use(quote.Id), scene.Startup.Use(quote.Id));
        var used = Assert.Single(both, reply => reply.Status == HttpStatusCode.Created);
        Assert.Single(both, reply => reply.Status == HttpStatusCode.Conflict && reply.Code == "quote-used");
        Assert.Equal("approved", used.Text_("status"));
        var grant = (await scene.Startup.Get($"/v1/grants/{used.Text_("grantId")}")).Expect(HttpStatusCode.OK);
        Assert.Equal((scene.Offer.ToString(), 1m, 60m), (grant.Text_("offerId"), grant.Number("rate"), grant.Number("gpuHours")));
        Assert.Equal(quote["endsAt"].GetValue<DateTimeOffset>(), grant["expiresAt"].GetValue<DateTimeOffset>());
        Assert.Equal(40, await world.Capacity(scene.Offer));
        Assert.Equal(940, await world.Balance(scene.Programme, "budget"));
        var read = await scene.Startup.Get($"/v1/quotes/{quote.Id}");
        Assert.Equal(("used", used.Id.ToString()), (read.Text_("status"), read.Text_("requestId")));
        Assert.Equal("used", (await scene.Startup.Get("/v1/quotes"))["data"][0]!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_quote_leaves_its_grant_a_second_at_least_whenever_it_is_used()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Operator.Offer(scene.Programme, scene.Provider, 10, rate: 0.5m, region: "us-east", more: new { maxGpus = 128 });
        Task<Reply> Quote(double seconds) =>
            scene.Startup.Quote(
                scene.Programme,
                0.01m,
                new
                {
                    gpus = 128,
                    startsAt = world.Now.AddSeconds(seconds),
                    durationDays = 1,
                    validMinutes = 1_440,
                }
            );
        (await Quote(0.5)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "validMinutes");
        var quote = (await Quote(1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        scene.Startup.ForgetToken();
        Assert.Equal("approved", (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created).Text_("status"));
    }

    [Fact]
    public async Task An_expired_quote_frees_what_it_pinned_at_that_moment_whoever_sweeps()
    {
        await using var world = await TestWorld.StartAsync("--Quotes:OpenPerPerson=2", "--Sweeps:PeriodSeconds=0");
        var scene = await world.Scene(capacity: 100);
        (await scene.Startup.Quote(scene.Programme, 1, new { validMinutes = 1_441 })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "validMinutes"
        );
        (await scene.Startup.Quote(scene.Programme, 1, new { validMinutes = 1_440, durationDays = 1 })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "validMinutes"
        );
        // Twelve ask at once, in two programmes: the bound is the person's.
        var other = await world.Programme(100);
        await scene.Operator.Offer(other, scene.Provider);
        var quotes = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => scene.Startup.Quote(i % 2 == 0 ? scene.Programme : other, 60, new { validMinutes = 10 }))
        );
        Assert.Equal(2, quotes.Count(one => one.Status == HttpStatusCode.Created));
        Assert.All(
            quotes.Where(one => one.Status != HttpStatusCode.Created),
            one => Assert.Contains(one.Code, (string[])["too-many-quotes", "capacity-exhausted"])
        );
        var first = await world.ScalarAsync<Guid>("select id from quotes order by root_programme_id = $1 desc limit 1", scene.Programme);

        // Nobody sweeps. At the moment of its end a quote is expired, and its hours and its place are free.
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("expired", (await scene.Startup.Get($"/v1/quotes/{first}")).Text_("status"));
        Assert.Equal(100, (await scene.Startup.Get($"/v1/offers/{scene.Offer}")).Number("availableGpuHours"));
        (await scene.Startup.Use(first)).ExpectProblem(HttpStatusCode.Conflict, "quote-expired", "quoteId");
        var again = (await scene.Startup.Quote(scene.Programme, 90, new { validMinutes = 10 })).Expect(HttpStatusCode.Created);
        Assert.Equal(10, await world.Capacity(scene.Offer));
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/withdraw-capacity", new { gpuHours = 100 })).Expect(HttpStatusCode.OK);
        (await scene.Startup.Use(again.Id)).ExpectProblem(HttpStatusCode.Conflict, "quote-expired", "quoteId");
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from quotes where status = 'open'"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from holds where ended_by is null"));
    }

    [Fact]
    public async Task A_quote_is_made_only_where_it_can_be_used_from_the_first_moment_to_the_last()
    {
        await using var world = await TestWorld.StartAsync("--Quotes:OpenPerPerson=10");
        var scene = await world.Scene(rules: Scenes.UsedHours("4"));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { maxGrantDays = 30 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        (await scene.Startup.Quote(scene.Programme, 5, new { durationDays = 31, validMinutes = 1_440 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "duration-too-long",
            "durationDays"
        );

        // Of two offers the cheaper one serves from the afternoon on. The quote takes the one that serves now too.
        var afternoon = new { startsAt = world.Now.AddHours(6) };
        await scene.Operator.Offer(scene.Programme, scene.Provider, 100, rate: 0.5m, more: afternoon);
        var quote = (
            await scene.Startup.Quote(
                scene.Programme,
                1,
                new
                {
                    durationDays = 30,
                    validMinutes = 1_440,
                    startsAt = (DateTimeOffset?)null,
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal(scene.Offer.ToString(), quote.Text_("offerId"));
        Assert.Equal("approved", (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created).Text_("status"));
        var last = (await scene.Startup.Quote(scene.Programme, 1, new { durationDays = 2, validMinutes = 60 })).Expect(
            HttpStatusCode.Created
        );
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        scene.Startup.ForgetToken();
        Assert.Equal("approved", (await scene.Startup.Use(last.Id)).Expect(HttpStatusCode.Created).Text_("status"));

        // A limit on use is full today. Tomorrow it has room, and the quote could be used today already.
        var used = Guid.Parse((await scene.Startup.Ask(scene.Programme, 2, new { durationDays = 1 })).Text_("grantId"));
        await world.PassAsync(scene, hours: 2);
        await scene.ReportAsync(world, used, (-2, 0));
        (await scene.Startup.Quote(scene.Programme, 2, new { durationDays = 3, validMinutes = 1_440 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "quota-exceeded",
            "gpuHours"
        );
        var tomorrow = new
        {
            durationDays = 2,
            validMinutes = 1_440,
            startsAt = world.Now.AddDays(1),
        };
        (await scene.Startup.Quote(scene.Programme, 2, tomorrow)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task On_dated_tranches_a_quote_pins_hours_that_are_there_whenever_it_is_used()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 3, Scenes.PerRequest("50"));
        var quote = (await scene.Startup.Quote(scene.Programme, 24, new { durationDays = 2, validMinutes = 120 })).Expect(
            HttpStatusCode.Created
        );
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        // Of the first two days the quote leaves 24 hours, 2 of which lie before its end.
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 25, new { durationDays = 2 })).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 24, new { durationDays = 2 })).Text_("status"));
        (await scene.Startup.Quote(scene.Programme, 1, new { durationDays = 2 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "capacity-exhausted",
            "gpuHours"
        );
        var risk = await scene.Operator.Post($"/v1/offers/{scene.Offer}/tranches/1/withdraw?dryRun=true", new { gpus = 1 });
        Assert.Contains(quote.Id.ToString(), risk["atRisk"].ToJsonString(), StringComparison.Ordinal);
        // Whoever came later did not use its first hours meanwhile. The quote's hours are there all the same.
        world.Clock.Advance(TimeSpan.FromMinutes(119));
        scene.Startup.ForgetToken();
        world.Admin.ForgetToken();
        var used = (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", used.Text_("status"));
        // A day is left after both.
        Assert.Equal(24, await world.Capacity(scene.Offer));
    }

    [Fact]
    public async Task A_denial_leaves_the_quote_open_and_its_hours_pinned()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        var quote = (await scene.Startup.Quote(scene.Programme, 60)).Expect(HttpStatusCode.Created);
        await world.Policy(scene.Programme, Scenes.PerMonth("50"));
        Assert.Equal("denied", (await scene.Startup.Use(quote.Id)).Expect(HttpStatusCode.Created).Text_("status"));
        Assert.Equal("open", (await scene.Startup.Get($"/v1/quotes/{quote.Id}")).Text_("status"));
        Assert.Equal(40, await world.Capacity(scene.Offer));
    }

    [Fact]
    public async Task A_quote_counts_no_hours_that_would_be_over_before_it_is_used_last()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 2);
        var late = new { durationDays = 2, validMinutes = 120 };
        (await scene.Startup.Quote(scene.Programme, 47, late)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "gpuHours");
        (await scene.Startup.Quote(scene.Programme, 46, late)).Expect(HttpStatusCode.Created);
    }
}

/// <summary>Quotes in verbs.</summary>
internal static class QuoteScenes
{
    public static Task<Reply> Quote(this Person person, Guid programme, decimal gpuHours, object? more = null)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["programmeId"] = programme.ToString();
        body["gpuHours"] = gpuHours;
        return person.Post("/v1/quotes", body);
    }

    public static Task<Reply> Use(this Person person, Guid quote, object? more = null)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["quoteId"] = quote.ToString();
        body["purpose"] = "Fine-tune a model";
        return person.Post("/v1/requests", body);
    }
}
