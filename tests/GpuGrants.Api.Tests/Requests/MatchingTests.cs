using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>Which offer serves a request, and why the others do not.</summary>
public sealed class MatchingTests
{
    [Fact]
    public async Task Fallbacks_are_tried_in_their_order_and_the_decision_says_how_each_fared()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 5);
        await world.GpuModel("a100");
        await world.GpuModel("l4");
        var (slower, slowest) = (
            await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 15, model: "a100"),
            await scene.Operator.Offer(scene.Programme, scene.Provider, model: "l4")
        );
        object Wish(int hours = 20) =>
            new
            {
                gpuModels = new[] { "h100" },
                fallbacks = new object[]
                {
                    new { gpuModels = new[] { "a100" }, gpuHours = hours },
                    new
                    {
                        gpuModels = new[] { "l4" },
                        gpuHours = 40,
                        gpus = 2,
                    },
                },
            };

        // 10 h100 hours are not there, and neither are 20 of a100: twice as many as of h100. 40 l4 hours are.
        var answer = (await scene.Startup.Ask(scene.Programme, 10, Wish(), ("Idempotency-Key", "wish"))).Expect(HttpStatusCode.Created);
        Assert.Equal(
            ("approved", 40m, 2),
            (answer.Text_("status"), answer["gpuHours"]!.GetValue<decimal>(), answer["gpus"]!.GetValue<int>())
        );
        Assert.Equal(slowest.ToString(), answer["grant"]["offerId"]!.GetValue<string>());
        Assert.Equal(
            [("h100", 10m, "denied", "capacity-exhausted"), ("a100", 20m, "denied", "capacity-exhausted"), ("l4", 40m, "approved", "")],
            Tried(answer)
        );
        var again = await scene.Startup.Ask(scene.Programme, 10, Wish(), ("Idempotency-Key", "wish"));
        Assert.Equal(answer.Text, again.Text);

        // What was not needed has no verdict. A dry run says the same, in Korean too.
        var second = (await scene.Startup.Ask(scene.Programme, 10, Wish(hours: 12))).Expect(HttpStatusCode.Created);
        Assert.Equal(slower.ToString(), second["grant"]["offerId"]!.GetValue<string>());
        Assert.Equal([("h100", 10m, "denied", "capacity-exhausted"), ("a100", 12m, "approved", ""), ("l4", 40m, "", "")], Tried(second));

        // Where none passes, the first ask's denial stands, with its own counter-offer.
        var body = new { gpuModels = new[] { "h100" }, fallbacks = new[] { new { gpuModels = new[] { "a100" } } } };
        var denied = (await scene.Startup.Ask(scene.Programme, 10, body)).Expect(HttpStatusCode.Created);
        Assert.Equal(
            ("denied", 10m, 5m),
            (denied.Text_("status"), denied["gpuHours"]!.GetValue<decimal>(), denied["decision"]["maxGrantableNow"]!.GetValue<decimal>())
        );
        Assert.Equal([("h100", 10m, "denied", "capacity-exhausted"), ("a100", 10m, "denied", "capacity-exhausted")], Tried(denied));

        // Without a programme, every programme decides on the first ask before any decides on the next.
        var other = await world.Programme(credits: 100);
        var h100 = await scene.Operator.Offer(other, scene.Provider, capacity: 10);
        var wish = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(Wish(hours: 1)))!.AsObject();
        (wish["gpuHours"], wish["purpose"]) = (10, "Try");
        var dry = (await scene.Startup.Post("/v1/requests?dryRun=true", wish.DeepClone())).Expect(HttpStatusCode.OK);
        Assert.Equal(h100.ToString(), dry["quote"]["offerId"]!.GetValue<string>());
        var picked = (await scene.Startup.Post("/v1/requests", wish)).Expect(HttpStatusCode.Created);
        Assert.Equal((other.ToString(), h100.ToString()), (picked.Text_("programmeId"), picked["grant"]["offerId"]!.GetValue<string>()));

        (await scene.Startup.Ask(scene.Programme, 1, new { fallbacks = new[] { new { gpuHours = 2 } } })).Expect(HttpStatusCode.BadRequest);
        var many = Enumerable.Repeat(new { gpuModels = new[] { "l4" } }, 5).ToArray();
        (await scene.Startup.Ask(scene.Programme, 1, new { fallbacks = many })).Expect(HttpStatusCode.BadRequest);
    }

    /// <summary>The batch rolls back and its commands begin again, by a clock that stands still.</summary>
    [Fact]
    public async Task A_request_to_a_fair_programme_is_decided_whatever_fails_in_its_batch()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(capacity: 100);
        var (second, operators) = await world.Provider("Dokdo Cloud");
        await operators.Offer(scene.Programme, second, capacity: 50, rate: 3);
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { matching = "fair" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        await world.ScalarAsync<long>(
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
            create trigger refuse before insert on requests for each row when (new.purpose = 'Fails') execute function refuse();
            select 1::bigint
            """
        );
        // The configuration is remembered from here on: what the failing try finds in it, the next try finds too.
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var (failing, sound) = await world.InOneBatchAsync(
            () => scene.Startup.Ask(scene.Programme, 1, new { purpose = "Fails" }),
            () => scene.Startup.Ask(scene.Programme, 1)
        );
        failing.Expect(HttpStatusCode.InternalServerError);
        Assert.Equal("approved", sound.Expect(HttpStatusCode.Created).Text_("status"));
    }

    [Fact]
    public async Task A_fair_programme_takes_turns_and_a_dry_run_says_why_each_offer_was_passed_over()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        var (second, operators) = await world.Provider("Dokdo Cloud");
        var dear = await operators.Offer(scene.Programme, second, capacity: 50, rate: 3);
        var programme = await world.Admin.Get($"/v1/programmes/{scene.Programme}");
        Assert.Equal("cheapest", programme.Text_("matching"));
        async Task<Guid> Served(decimal hours) =>
            Guid.Parse(
                (await scene.Startup.Ask(scene.Programme, hours)).Expect(HttpStatusCode.Created)["grant"]["offerId"]!.GetValue<string>()
            );

        Assert.Equal(scene.Offer, await Served(10));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { matching = "fair" }, ("If-Match", programme.ETag))).Expect(
            HttpStatusCode.OK
        );
        // 10 of 100 are promised at the one, nothing at the other; then 20 of 50; then 30 of 100.
        Assert.Equal(dear, await Served(20));
        Assert.Equal(scene.Offer, await Served(20));
        Assert.Equal(scene.Offer, await Served(20));
        Assert.Equal(dear, await Served(2));

        // Only for students, elsewhere, or of too few GPUs: each is passed over for its own reason.
        var students = await operators.Offer(scene.Programme, second, rate: 0.1m);
        await Set(
            operators,
            students,
            new
            {
                eligibleKinds = new[] { "student" },
                interconnect = "nvlink",
                tags = new[] { "class" },
            }
        );
        var abroad = await operators.Offer(scene.Programme, second, rate: 0.1m, region: "us-west");
        var small = await operators.Offer(scene.Programme, second, rate: 0.1m);
        await Set(operators, small, new { maxGpus = 1 });
        var body = new { gpus = 2, region = "kr-central" };
        var dry = (
            await scene.Startup.Post(
                "/v1/requests?dryRun=true",
                new
                {
                    programmeId = scene.Programme,
                    gpuHours = 1,
                    purpose = "Try",
                    body.gpus,
                    body.region,
                }
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", dry.Text_("status"));
        var reasons = dry["decision"]["passedOver"]!
            .AsArray()
            .ToDictionary(one => one!["offerId"]!.GetValue<Guid>(), one => one!["code"]!.GetValue<string>());
        Assert.Equal(("organization-not-served", "other-region", "too-many-gpus"), (reasons[students], reasons[abroad], reasons[small]));
        Assert.Contains("provider-served-more", reasons.Values);
        Assert.Equal(4, reasons.Count);
        // A recorded decision keeps only what was tried.
        var recorded = (await scene.Startup.Ask(scene.Programme, 1, body)).Expect(HttpStatusCode.Created);
        Assert.Null(recorded["decision"]["passedOver"]);

        await Compared(world, scene, students, abroad);
    }

    [Fact]
    public async Task A_dry_run_says_why_each_offer_was_passed_over_also_when_none_suits_and_not_when_the_applicant_may_not_ask()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        var abroad = await scene.Operator.Offer(scene.Programme, scene.Provider, region: "us-west");
        async Task<Reply> Dry(object body) => (await scene.Startup.Post("/v1/requests?dryRun=true", body)).Expect(HttpStatusCode.OK);

        var dry = await Dry(
            new
            {
                programmeId = scene.Programme,
                gpuHours = 1,
                purpose = "Try",
                region = "eu-north",
            }
        );
        Assert.Equal("denied", dry.Text_("status"));
        var passed = dry["decision"]["passedOver"]!
            .AsArray()
            .Select(one => (one!["offerId"]!.GetValue<Guid>(), one["code"]!.GetValue<string>()));
        Assert.Equal([(scene.Offer, "other-region"), (abroad, "other-region")], passed.OrderBy(one => one.Item1 == abroad));

        // The longest grant of the programme is 90 days: no offer is looked at.
        var tooLong = await Dry(
            new
            {
                programmeId = scene.Programme,
                gpuHours = 1,
                purpose = "Try",
                region = "eu-north",
                durationDays = 700,
            }
        );
        Assert.Equal(
            ("denied", "duration-too-long"),
            (tooLong.Text_("status"), tooLong["decision"]["reasons"]![0]!["code"]!.GetValue<string>())
        );
        Assert.Null(tooLong["decision"]["passedOver"]);
    }

    /// <summary>The market as people compare it.</summary>
    private static async Task Compared(TestWorld world, Scene scene, Guid students, Guid abroad)
    {
        async Task<List<Guid>> Found(string query) =>
            [
                .. (await world.ReadAsync($"/v1/offers/search?{query}"))
                    .Expect(HttpStatusCode.OK)["data"]
                    .AsArray()
                    .Select(one => one!["offerId"]!.GetValue<Guid>()),
            ];

        var all = (await world.ReadAsync("/v1/offers/search")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(all.Select(one => one!["rate"]!.GetValue<decimal>()).Order(), all.Select(one => one!["rate"]!.GetValue<decimal>()));
        Assert.Equal(5, all.Count);
        var one = all.Single(item => item!["offerId"]!.GetValue<Guid>() == scene.Offer)!;
        Assert.Equal(
            ("Han Cloud", 1m, 80),
            (one["provider"]!.GetValue<string>(), one["rate"]!.GetValue<decimal>(), one["gpuMemoryGib"]!.GetValue<int>())
        );
        Assert.InRange(one["availableGpuHours"]!.GetValue<decimal>(), 40, 60);
        Assert.Equal([students], await Found("tag=class"));
        Assert.Equal([students], await Found("interconnect=nvlink"));
        Assert.Equal([abroad], await Found("region=us-west"));
        Assert.Equal([scene.Offer], await Found("q=han%20cl"));
        Assert.Empty(await Found("q=%25"));
        Assert.Equal(3, (await Found("maxRate=0.5")).Count);
        Assert.Equal(4, (await Found("gpus=2")).Count);
        Assert.Empty(await Found("minGpuMemoryGib=81"));
        Assert.Equal(3, (await Found("minGpuHours=1000")).Count);
        Assert.Equal((await Found("sort=rate&limit=100")).Count, (await world.PagedOffersAsync("sort=-available", limit: 2)).Count);
        Assert.Equal(await Found("sort=-available"), await world.PagedOffersAsync("sort=-available", limit: 2));
        foreach (
            var wrong in (string[])
                ["sort=price", "maxRate=-1", "gpus=0", "minGpuHours=x", "servesFrom=2026-01-02T00:00:00Z&servesUntil=2026-01-01T00:00:00Z"]
        )
            (await world.ReadAsync($"/v1/offers/search?{wrong}")).Expect(HttpStatusCode.BadRequest);
    }

    private static async Task Set(Person @operator, Guid offer, object change) =>
        (await @operator.Patch($"/v1/offers/{offer}", change, ("If-Match", (await @operator.Get($"/v1/offers/{offer}")).ETag))).Expect(
            HttpStatusCode.OK
        );

    private static List<(string Model, decimal Hours, string Verdict, string Code)> Tried(Reply answer) =>
        [
            .. answer["decision"]["tried"]!
                .AsArray()
                .Select(one =>
                    (
                        one!["gpuModels"]![0]!.GetValue<string>(),
                        one["gpuHours"]!.GetValue<decimal>(),
                        one["verdict"]?.GetValue<string>() ?? "",
                        one["reasons"]!.AsArray() is [{ } reason, ..] ? reason["code"]!.GetValue<string>() : ""
                    )
                ),
        ];
}
