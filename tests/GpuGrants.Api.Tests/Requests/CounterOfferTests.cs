using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>The counter-offer is one amount for the same ask, and it is taken once.</summary>
public sealed class CounterOfferTests
{
    [Fact]
    public async Task A_counter_offer_is_never_above_the_ask()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await OfferIs(scene, new { minGpuHours = 10 });
        var denied = await scene.Startup.Ask(scene.Programme, 2);
        Assert.Equal(("denied", 0m), (denied.Text_("status"), Offered(denied)));
        Assert.Equal(("offer-too-large", "10"), (Reason(denied, "code"), Reason(denied, "wouldPass")));
        (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).ExpectProblem(
            HttpStatusCode.Conflict,
            "no-counter-offer",
            "gpuHours"
        );
        Assert.Equal(1_000, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_counter_offer_is_never_below_what_the_offer_serves()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("5"));
        await OfferIs(scene, new { minGpuHours = 10 });
        var denied = await scene.Startup.Ask(scene.Programme, 20);
        Assert.Equal(0, Offered(denied));
        Assert.DoesNotContain("Ask for 5", Reason(denied, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_denial_names_one_number_everywhere()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(
            credits: 30,
            capacity: 25,
            rules: [Scenes.PerMonth("20"), Scenes.Lifetime("22"), Scenes.PerRequest("12", "review")]
        );
        await OfferIs(scene, new { maxGpuHours = 28 });
        foreach (var language in (string[])["en", "ko"])
        {
            var denied = await scene.Startup.Ask(scene.Programme, 40, null, ("Accept-Language", language));
            Assert.Equal(12, Offered(denied));
            var reasons = denied["decision"]["reasons"]!.AsArray();
            Assert.Equal(5, reasons.Count);
            Assert.All(reasons, reason => Assert.Equal("12", reason!["wouldPass"]!.GetValue<string>()));
            var advice = language == "en" ? "Ask for 12 GPU-hours or less" : "12 GPU시간 이하로 요청";
            Assert.All(reasons, reason => Assert.Contains(advice, reason!["message"]!.GetValue<string>(), StringComparison.Ordinal));
            Assert.DoesNotContain(reasons, reason => reason!["message"]!.GetValue<string>().Contains("review", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Where_a_person_decides_all_the_counter_offer_is_what_a_person_may_approve()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("0"), Scenes.PerMonth("50")]);
        var denied = await scene.Startup.Ask(scene.Programme, 80);
        Assert.Equal(("denied", 50m), (denied.Text_("status"), Offered(denied)));
        var taken = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 50m), (taken.Text_("status"), taken.Number("gpuHours")));
    }

    [Fact]
    public async Task A_counter_offer_keeps_dates_models_and_region_and_is_free_of_the_cool_down_of_its_own_ask()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), Scenes.RequestsPerDay(1)]);
        var start = world.Now.AddDays(3);
        var ask = new
        {
            startsAt = start,
            durationDays = 12,
            region = "kr-central",
            gpuModels = new[] { "h100" },
            gpus = 3,
        };
        var denied = await scene.Startup.Ask(scene.Programme, 40, ask);
        Assert.Equal(30, Offered(denied));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        var taken = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", 30m), (taken.Text_("status"), taken.Number("gpuHours")));
        foreach (var field in (string[])["startsAt", "durationDays", "region", "gpuModels", "gpus", "purpose"])
            Assert.Equal(denied[field].ToJsonString(), taken[field].ToJsonString());
        var again = await world.Admin.Get($"/v1/decisions/{taken["decision"]["id"]}/replay");
        Assert.True(again.Expect(HttpStatusCode.OK)["same"].GetValue<bool>());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public async Task An_ask_and_its_counter_offer_are_one_request_of_those_that_a_rule_counts(decimal hours)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), Scenes.RequestsPerDay(2, "requests"), Scenes.PerRequest("20")]);
        var denied = await scene.Startup.Ask(scene.Programme, hours);
        (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        var second = await scene.Startup.Ask(scene.Programme, hours);
        Assert.DoesNotContain(second["decision"]["reasons"]!.AsArray(), CountsRequests);
        var third = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Contains(third["decision"]["reasons"]!.AsArray(), CountsRequests);
        await using var connection = new Npgsql.NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        Assert.Empty((await CounterVerifier.VerifyAsync(connection)).Findings);
    }

    [Fact]
    public async Task A_counter_offer_is_taken_once_and_every_acceptance_gets_the_first_answer()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        var denied = await scene.Startup.Ask(scene.Programme, 40);
        var path = $"/v1/requests/{denied.Id}/accept-counter-offer";
        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => scene.Startup.Post(path, null, ("Idempotency-Key", $"k{i}"))));
        var later = await scene.Startup.Post(path);
        Assert.All(replies.Append(later), reply => Assert.Equal(HttpStatusCode.Created, reply.Status));
        Assert.Single(replies.Append(later).Select(reply => reply.Text).Distinct());
        Assert.Equal(970, await world.Balance(scene.Programme, "budget"));
        Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from requests"));
        var read = await scene.Startup.Get($"/v1/requests/{denied.Id}");
        Assert.Equal(later.Text_("id"), read.Text_("acceptedAs"));
    }

    [Fact]
    public async Task A_counter_offer_that_no_longer_passes_says_so_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        var denied = await scene.Startup.Ask(scene.Programme, 40);
        await scene.Startup.Ask(scene.Programme, 12);
        var before = await world.FingerprintAsync();
        var gone = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).ExpectProblem(
            HttpStatusCode.Conflict,
            "counter-offer-gone",
            "gpuHours"
        );
        Assert.StartsWith("The counter-offer of 30 GPU-hours no longer passes.", gone.Text_("detail"), StringComparison.Ordinal);
        Assert.Equal(18, gone.Number("limit"));
        Assert.Equal(before, await world.FingerprintAsync());
    }

    private static bool CountsRequests(JsonNode? reason) =>
        reason!["message"]!.GetValue<string>().Contains("requests", StringComparison.Ordinal);

    private static async Task OfferIs(Scene scene, object change) =>
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", change, Person.AnyVersion)).Expect(HttpStatusCode.OK);

    private static decimal Offered(Reply reply) => reply["decision"]["maxGrantableNow"]!.GetValue<decimal>();

    private static string Reason(Reply reply, string field) => reply["decision"]["reasons"]![0]![field]!.GetValue<string>();
}
