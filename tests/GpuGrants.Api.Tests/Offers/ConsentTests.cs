using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>An offer serves a programme, and draws on its budget, only as far as the programme accepted it.</summary>
public sealed class ConsentTests
{
    [Fact]
    public async Task An_operator_with_an_accomplice_gets_no_credits_from_a_programme_that_never_accepted_the_offer()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(1_000);
        var (provider, attacker) = await world.Provider("Mallory Cloud");
        var (_, accomplice) = await world.Organization();
        var offer = (await attacker.Propose(programme, provider, capacity: 1_000, rate: 1_000)).Expect(HttpStatusCode.Created);
        Assert.Equal("proposed", offer.Text_("status"));
        await Denied();
        var path = $"/v1/offers/{offer.Id}";
        (await attacker.Patch(path, new { status = "open" }, ("If-Match", offer.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "offer-not-accepted",
            "status"
        );
        (await attacker.Post($"{path}/rates", new { rate = 1 })).Expect(HttpStatusCode.OK);
        (await attacker.Post($"{path}/add-capacity", new { gpuHours = 10 })).Expect(HttpStatusCode.OK);
        (await attacker.Post($"{path}/accept", new { }, Person.AnyVersion)).Expect(HttpStatusCode.Forbidden);
        await Denied();
        Assert.Equal(0, await world.Balance(offer.Id, "capacity", "gpu:h100"));

        async Task Denied()
        {
            var answer = (await accomplice.Ask(programme, 1)).Expect(HttpStatusCode.Created);
            Assert.Equal("denied", answer.Text_("status"));
            Assert.Equal("no-suitable-offer", answer["decision"]["reasons"]![0]!["code"]!.GetValue<string>());
            Assert.Equal(1_000, await world.Balance(programme, "budget"));
        }
    }

    [Fact]
    public async Task An_accepted_offer_opens_and_its_capacity_enters_the_ledger()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await EmptyAsync(world);
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        var offer = (await scene.Operator.Propose(scene.Programme, scene.Provider, capacity: 50, rate: 2)).Expect(HttpStatusCode.Created);
        Assert.Equal(50, offer["pending"]["moreGpuHours"]!.GetValue<decimal>());
        Assert.Equal(2, offer["pending"]["rate"]!.GetValue<decimal>());
        var path = $"/v1/offers/{offer.Id}/accept";
        (await administrator.Post(path)).ExpectProblem((HttpStatusCode)428, "precondition-required", "If-Match");
        var edited = (await scene.Operator.Patch($"/v1/offers/{offer.Id}", new { maxGpus = 4 }, ("If-Match", offer.ETag))).Expect(
            HttpStatusCode.OK
        );
        (await administrator.Post(path, null, ("If-Match", offer.ETag))).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");
        var accepted = (await administrator.Post(path, null, ("If-Match", edited.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("open", accepted.Text_("status"));
        Assert.Null(accepted.Body!["pending"]);
        var read = await scene.Startup.Get($"/v1/offers/{offer.Id}");
        Assert.Equal((2m, 50m), (read.Number("rate"), read.Number("availableGpuHours")));
        var answer = (await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", answer.Text_("status"));
        Assert.Equal(980, await world.Balance(scene.Programme, "budget"));
        (await administrator.Post(path, null, ("If-Match", accepted.ETag))).ExpectProblem(HttpStatusCode.Conflict, "nothing-proposed");
    }

    [Fact]
    public async Task Only_who_administers_the_budget_accepts_an_offer_that_draws_on_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await EmptyAsync(world);
        var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var below = await world.Member($"/v1/programmes/{child}/members", "programme-administrator");
        var payer = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        var offer = (await scene.Operator.Propose(child, scene.Provider, capacity: 50, rate: 2)).Expect(HttpStatusCode.Created);
        var path = $"/v1/offers/{offer.Id}/accept";
        (await below.Post(path, null, ("If-Match", offer.ETag))).Expect(HttpStatusCode.Forbidden);
        var terms = new
        {
            providerId = scene.Provider,
            gpuModel = "h100",
            maxRate = 2,
            capacityGpuHours = 50,
        };
        (await below.Post($"/v1/programmes/{child}/standing-terms", terms)).Expect(HttpStatusCode.Forbidden);
        Assert.Equal("proposed", (await below.Get($"/v1/offers/{offer.Id}")).Text_("status"));
        Assert.Equal("open", (await payer.Post(path, null, ("If-Match", offer.ETag))).Expect(HttpStatusCode.OK).Text_("status"));
    }

    [Fact]
    public async Task Nobody_decides_for_the_programme_on_an_offer_of_their_own_side()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await EmptyAsync(world);
        var members = $"/v1/programmes/{scene.Programme}/members";
        var both = new { principalId = scene.Operator.PrincipalId, role = "programme-administrator" };
        (await world.Admin.Post(members, both)).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            "with all_scopes as (update api_clients set scopes = array['read', 'request', 'review', 'provide', 'administer', 'clients'] "
                + "returning 1) select count(*) from all_scopes"
        );
        scene.Operator.ForgetToken();
        var offer = (await scene.Operator.Propose(scene.Programme, scene.Provider)).Expect(HttpStatusCode.Created);
        var placed = (await world.Admin.Propose(scene.Programme, scene.Provider)).Expect(HttpStatusCode.Created);
        var before = await world.FingerprintAsync();
        foreach (var verdict in (string[])["accept", "reject"])
        {
            object body = verdict == "accept" ? new { } : new { reason = "No" };
            (await scene.Operator.Post($"/v1/offers/{offer.Id}/{verdict}", body, Person.AnyVersion)).ExpectProblem(
                HttpStatusCode.Conflict,
                "own-provider"
            );
            (await world.Admin.Post($"/v1/offers/{placed.Id}/{verdict}", body, Person.AnyVersion)).ExpectProblem(
                HttpStatusCode.Conflict,
                "own-offer"
            );
        }

        (await scene.Operator.StandingTerms(scene.Programme, scene.Provider)).ExpectProblem(HttpStatusCode.Conflict, "own-provider");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_rejected_offer_never_serves_and_a_programme_may_take_its_consent_back()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var offer = (await scene.Operator.Propose(scene.Programme, scene.Provider, rate: 0.1m)).Expect(HttpStatusCode.Created);
        var rejected = (await Reject(offer.Id, offer.ETag)).Expect(HttpStatusCode.OK);
        Assert.Equal(("rejected", "Too dear"), (rejected.Text_("status"), rejected.Text_("rejectionReason")));
        (await scene.Operator.Post($"/v1/offers/{offer.Id}/rates", new { rate = 0 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "offer-rejected"
        );
        var granted = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal(scene.Offer.ToString(), granted["grant"]["offerId"]!.GetValue<string>());
        var open = await scene.Operator.Get($"/v1/offers/{scene.Offer}");
        Assert.Equal("rejected", (await Reject(scene.Offer, open.ETag)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        var grant = await scene.Startup.Get($"/v1/grants/{granted.Text_("grantId")}");
        Assert.Equal("active", grant.Text_("status"));

        Task<Reply> Reject(Guid id, string etag) =>
            world.Admin.Post($"/v1/offers/{id}/reject", new { reason = "Too dear" }, ("If-Match", etag));
    }

    [Fact]
    public async Task Capacity_beyond_what_was_accepted_waits_and_what_was_withdrawn_comes_back_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        var path = $"/v1/offers/{scene.Offer}";
        (await scene.Operator.Post($"{path}/withdraw-capacity", new { gpuHours = 30 })).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"{path}/add-capacity", new { gpuHours = 30 })).Expect(HttpStatusCode.OK);
        Assert.Equal(100, await HoursAsync());
        var waits = (await scene.Operator.Post($"{path}/add-capacity", new { gpuHours = 40 })).Expect(HttpStatusCode.OK);
        Assert.Equal(40, waits["pending"]["moreGpuHours"]!.GetValue<decimal>());
        Assert.Equal(100, await HoursAsync());
        // What waits is taken back first.
        waits = (await scene.Operator.Post($"{path}/withdraw-capacity", new { gpuHours = 15 })).Expect(HttpStatusCode.OK);
        Assert.Equal(25, waits["pending"]["moreGpuHours"]!.GetValue<decimal>());
        (await world.Admin.Post($"{path}/accept", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(125, await HoursAsync());

        async Task<decimal> HoursAsync() => await world.Balance(scene.Offer, "capacity", "gpu:h100") / 3_600;
    }

    [Fact]
    public async Task Who_withdraws_what_is_promised_reads_the_field_and_the_hours_that_would_pass()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 100);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 30)).Text_("status"));
        var path = $"/v1/offers/{scene.Offer}/withdraw-capacity";
        var refused = (await scene.Operator.Post(path, new { gpuHours = 70.01m })).ExpectProblem(
            HttpStatusCode.Conflict,
            "insufficient-balance",
            "gpuHours"
        );
        Assert.Equal(70, refused.Number("limit"));
        Assert.Contains("70 GPU-hours", refused.Text_("detail"), StringComparison.Ordinal);
        (await scene.Operator.Post(path, new { gpuHours = 70 })).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_later_end_than_was_accepted_waits_and_an_earlier_one_holds_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var path = $"/v1/offers/{scene.Offer}";
        var end = world.Now.AddDays(10);
        Assert.Null((await End(end)).Body!["pending"]);
        // The programme accepted an offer without an end, so that any end lies within.
        Assert.Null((await End(end.AddDays(5))).Body!["pending"]);
        var bounded = await scene.Operator.Offer(
            scene.Programme,
            scene.Provider,
            capacity: 10,
            region: "eu-west",
            more: new { endsAt = end }
        );
        path = $"/v1/offers/{bounded}";
        var later = await End(end.AddDays(5));
        Assert.Equal((end, end.AddDays(5)), (Moment(later["endsAt"]), Moment(later["pending"]["endsAt"]!)));
        var never = await End(null);
        Assert.True(never["pending"]["withoutEnd"]!.GetValue<bool>());
        var accepted = (await world.Admin.Post($"{path}/accept", null, ("If-Match", never.ETag))).Expect(HttpStatusCode.OK);
        Assert.Null(accepted.Body!["endsAt"]);

        static DateTimeOffset Moment(System.Text.Json.Nodes.JsonNode node) => node.GetValue<DateTimeOffset>();

        async Task<Reply> End(DateTimeOffset? endsAt) =>
            (await scene.Operator.Patch(path, new { endsAt }, ("If-Match", (await scene.Operator.Get(path)).ETag))).Expect(
                HttpStatusCode.OK
            );
    }

    [Fact]
    public async Task Uninvited_and_empty_offers_are_never_tried()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        for (var i = 0; i < 20; i++)
        {
            (await scene.Operator.Propose(scene.Programme, scene.Provider, rate: 0.1m)).Expect(HttpStatusCode.Created);
            await scene.Operator.Offer(scene.Programme, scene.Provider, capacity: 0, rate: 0.1m);
        }

        var answer = (await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created);
        Assert.Equal(scene.Offer.ToString(), answer["grant"]["offerId"]!.GetValue<string>());
    }

    [Fact]
    public async Task Nothing_more_of_a_retired_model_is_put_up_or_accepted_and_what_serves_serves_on()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var proposed = (await scene.Operator.Propose(scene.Programme, scene.Provider)).Expect(HttpStatusCode.Created);
        (await world.Admin.Patch("/v1/gpu-models/h100", new { status = "retired" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var before = await world.FingerprintAsync();
        (await world.Admin.Post($"/v1/offers/{proposed.Id}/accept", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "gpu-model-retired"
        );
        (await scene.Operator.Propose(scene.Programme, scene.Provider)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "gpuModel");
        var terms = new
        {
            providerId = scene.Provider,
            gpuModel = "h100",
            maxRate = 2,
            capacityGpuHours = 100,
        };
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/standing-terms", terms)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "gpuModel"
        );
        Assert.Equal(before, await world.FingerprintAsync());
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        (await world.Admin.Post($"/v1/offers/{proposed.Id}/reject", new { reason = "Retired" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task The_database_refuses_an_offer_that_serves_without_consent()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await EmptyAsync(world);
        var offer = (await scene.Operator.Propose(scene.Programme, scene.Provider)).Expect(HttpStatusCode.Created).Id;
        foreach (
            var sql in (string[])
                [
                    "update offers set status = 'open' where id = $1 returning 1",
                    "update offers set capacity_seconds = 3600, accepted_seconds = 3600 where id = $1 returning 1",
                    "insert into offer_rates select root_programme_id, id, starts_at, 1, starts_at from offers where id = $1 returning 1",
                ]
        )
            Assert.Contains(
                (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.ScalarAsync<int>(sql, offer))).SqlState,
                (string[])[Npgsql.PostgresErrorCodes.CheckViolation, Npgsql.PostgresErrorCodes.RestrictViolation]
            );
    }

    [Fact]
    public async Task A_rate_that_is_due_never_changes_not_even_by_its_tables_owner()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene();
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            world.ScalarAsync<int>("update offer_rates set millicredits_per_gpu_hour = 1, replaced_at = effective_from returning 1")
        );
        Assert.Equal(Npgsql.PostgresErrorCodes.RestrictViolation, refused.SqlState);
    }

    /// <summary>A programme with a budget and no offer, a provider and a startup.</summary>
    private static async Task<Scene> EmptyAsync(TestWorld world)
    {
        await world.GpuModel();
        var programme = await world.Programme(1_000);
        var (provider, @operator) = await world.Provider();
        var (organization, owner) = await world.Organization();
        return new Scene(programme, provider, @operator, Guid.Empty, organization, owner);
    }
}
