using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>A provider may ask to approve each grant on an offer itself. Rules and reviewers of the programme decide as well.</summary>
public sealed class ProviderApprovalTests
{
    private const HttpStatusCode Conflict = HttpStatusCode.Conflict;

    [Fact]
    public async Task Nothing_is_granted_on_such_an_offer_until_its_provider_agrees()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member($"/v1/providers/{scene.Provider}/operators", null);
        var (_, rival) = await world.Provider("Another Cloud");
        var reviewer = await world.Reviewer(scene.Programme);
        // It is a part of what the programme accepts: later the provider only drops it.
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { providerApproves = true }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "providerApproves"
        );
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/standing-terms", StandingTerms(world, scene))).Expect(
            HttpStatusCode.Created
        );
        var offer = await scene.Operator.ApprovingOffer(scene.Programme, scene.Provider);
        Assert.True((await scene.Startup.Get($"/v1/offers/{offer}"))["providerApproves"].GetValue<bool>());
        var before = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", scene.Offer.ToString()), (before.Text_("status"), before["grant"]["offerId"]!.GetValue<string>()));
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        // A dry run says it, in both languages.
        var body = new
        {
            programmeId = scene.Programme,
            gpuHours = 10,
            purpose = "Try",
        };
        var tried = (await scene.Startup.Post("/v1/requests?dryRun=true", body, ("Accept-Language", "ko"))).Expect(HttpStatusCode.OK);
        Assert.Equal(("in-review", "provider-approves"), (tried.Text_("status"), Reason(tried, "code")));
        Assert.Contains("직접 승인", Reason(tried, "message"), StringComparison.Ordinal);
        var asked = (await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 1m, 0m), (asked.Text_("status"), asked.Number("approvalsNeeded"), asked.Number("approvalsGiven")));
        Assert.Equal((true, 0m), (asked["providerApproves"].GetValue<bool>(), asked["decision"]["maxGrantableNow"]!.GetValue<decimal>()));
        Assert.Contains("one of its operators", Reason(asked, "message"), StringComparison.Ordinal);
        Assert.Equal(world.Now.AddHours(168), asked["hold"]["expiresAt"]!.GetValue<DateTimeOffset>());
        Assert.Equal(994, await world.Balance(scene.Programme, "budget"));

        // The provider reads and answers it, and no other provider learns of it.
        var waiting = Assert.Single((await scene.Operator.Get("/v1/reviews")).Expect(HttpStatusCode.OK)["data"].AsArray())!;
        Assert.Equal(asked.Id.ToString(), waiting["request"]!["id"]!.GetValue<string>());
        Assert.Equal(["provider"], waiting["awaits"]!.AsArray().Select(one => one!.GetValue<string>()));
        Assert.Equal(1, waiting["history"]!["grantedGpuHours"]!.GetValue<decimal>());
        Assert.Equal(1, waiting["history"]!["requests"]!["in-review"]!.GetValue<int>());
        Assert.Null(waiting["request"]!["decision"]!["forOperators"]);
        (await scene.Operator.Get($"/v1/requests/{asked.Id}")).Expect(HttpStatusCode.OK);
        var told = (await scene.Operator.Get("/v1/events?types=request.in-review"))["data"].AsArray();
        Assert.Equal(asked.Id.ToString(), Assert.Single(told)!["data"]!["requestId"]!.GetValue<string>());
        Assert.Empty((await rival.Get("/v1/reviews"))["data"].AsArray());
        Assert.Empty((await rival.Get("/v1/events?types=request.in-review"))["data"].AsArray());
        (await rival.Get($"/v1/requests/{asked.Id}")).Expect(HttpStatusCode.NotFound);
        (await Approve(rival, asked)).Expect(HttpStatusCode.NotFound);
        (await Approve(reviewer, asked)).ExpectProblem(Conflict, "provider-has-to-approve");
        (await Approve(world.Admin, asked)).ExpectProblem(Conflict, "provider-has-to-approve");
        (await scene.Operator.Post($"/v1/requests/{asked.Id}/approve", new { })).Expect((HttpStatusCode)428);

        // Whoever belongs to those who ask does not decide for the provider; and what they ask for later needs somebody from outside.
        (await world.Admin.Post($"/v1/organizations/{scene.Organization}/members", new { principalId = second.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        (await Approve(second, asked)).ExpectProblem(Conflict, "own-organization");
        (await second.Post($"/v1/requests/{asked.Id}/deny", new { reason = "No" }, ("If-Match", asked.ETag))).ExpectProblem(
            Conflict,
            "own-organization"
        );
        var granted = (await Approve(scene.Operator, asked, 6, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.OK);
        Assert.Equal(("approved", 6m), (granted.Text_("status"), granted["grant"]["gpuHours"]!.GetValue<decimal>()));
        Assert.Equal(granted.Text, (await Approve(scene.Operator, asked, 6, ("Idempotency-Key", "once"))).Text);
        Assert.Equal(996, await world.Balance(scene.Programme, "budget"));
        Assert.Empty((await scene.Operator.Get("/v1/reviews"))["data"].AsArray());
        var shared = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal(["provider-shares-people", "provider-approves"], Reasons(shared));
        Assert.Equal(2, shared.Number("approvalsNeeded"));
        (await Approve(reviewer, shared)).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/requests/{shared.Id}/deny", new { reason = "Maintenance" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        foreach (var one in (Reply[])[asked, shared])
            Assert.True((await reviewer.Get($"/v1/decisions/{one["decision"]["id"]}/replay"))["same"].GetValue<bool>());

        // Dropped, it binds what is asked from then on.
        (await scene.Operator.Patch($"/v1/offers/{offer}", new { providerApproves = false }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var (_, stranger) = await world.Organization(name: "Another");
        Assert.Equal("approved", (await stranger.Ask(scene.Programme, 1)).Text_("status"));
    }

    [Fact]
    public async Task Programme_and_provider_both_agree_in_any_order_whichever_way_the_request_came()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var reviewers = new[] { await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme) };
        var policy = await world.Policy(
            scene.Programme,
            Scenes.SeveralApprove("20", 2),
            new
            {
                id = "lifetime",
                measure = "gpu-hours-granted",
                subject = new { level = "organization" },
                window = new { kind = "lifetime" },
                limit = new { gpuHours = "100" },
                increaseCeiling = new { gpuHours = "200" },
                outcome = "deny",
            }
        );
        await scene.Operator.ApprovingOffer(scene.Programme, scene.Provider);
        (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", new { status = "paused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        var first = await scene.Startup.Ask(scene.Programme, 30);
        Assert.Equal(["provider-approves", "quota-needs-review"], Reasons(first));
        Assert.Equal(3, first.Number("approvalsNeeded"));
        Assert.Equal("in-review", (await Approve(reviewers[0], first, 25)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal("in-review", (await Approve(scene.Operator, first, 28)).Expect(HttpStatusCode.OK).Text_("status"));
        (await Approve(scene.Operator, first)).ExpectProblem(Conflict, "approved-before");
        (await Approve(reviewers[0], first)).ExpectProblem(Conflict, "approved-before");
        Assert.Equal("approved", (await Approve(reviewers[1], first)).Expect(HttpStatusCode.OK).Text_("status"));
        var grants = (await scene.Operator.Get("/v1/grants")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(25, Assert.Single(grants)!["gpuHours"]!.GetValue<decimal>());

        // Other words need the provider's yes again.
        var reworded = await scene.Startup.Ask(scene.Programme, 21);
        (await Approve(scene.Operator, reworded)).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post($"/v1/requests/{reworded.Id}/amend", new { purpose = "Something else" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        foreach (var one in reviewers)
            Assert.Equal("in-review", (await Approve(one, reworded)).Expect(HttpStatusCode.OK).Text_("status"));
        var queued = Assert.Single((await reviewers[0].Get("/v1/reviews"))["data"].AsArray())!;
        Assert.Equal(["provider"], queued["awaits"]!.AsArray().Select(one => one!.GetValue<string>()));
        // No rule of the code: the database itself awards nothing without the provider.
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            world.ScalarAsync<Guid>("update requests set status = 'approved' where id = $1 returning id", reworded.Id)
        );
        var version = (await scene.Operator.Get($"/v1/requests/{reworded.Id}")).Number("version");
        var verdicts = new[]
        {
            new
            {
                requestId = reworded.Id,
                version,
                verdict = "approve",
            },
        };
        var answer = (await scene.Operator.Post("/v1/reviews/verdicts", new { verdicts })).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", answer["results"]![0]!["status"]!.GetValue<string>());

        // A counter-offer, and a higher limit, lead to the provider as well. So does a request that names no programme.
        var denied = await scene.Startup.Ask(scene.Programme, 90);
        Assert.Equal(("denied", 54m), (denied.Text_("status"), denied["decision"]["maxGrantableNow"]!.GetValue<decimal>()));
        var taken = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", 3m), (taken.Text_("status"), taken.Number("approvalsNeeded")));
        var increase = new
        {
            policyId = policy,
            ruleId = "lifetime",
            limit = 200,
            reason = "A larger model",
        };
        Assert.Equal("approved", (await scene.Startup.Post("/v1/quota-increases", increase)).Text_("status"));
        var more = await scene.Startup.Ask(scene.Programme, 10);
        Assert.Equal(("in-review", 1m), (more.Text_("status"), more.Number("approvalsNeeded")));
        var anywhere = new { gpuHours = 10, purpose = "Try" };
        Assert.Equal("in-review", (await scene.Startup.Post("/v1/requests", anywhere)).Expect(HttpStatusCode.Created).Text_("status"));
        var other = await world.Programme(100);
        await scene.Operator.Offer(other, scene.Provider, rate: 2);
        var picked = (await scene.Startup.Post("/v1/requests", anywhere)).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", other.ToString()), (picked.Text_("status"), picked.Text_("programmeId")));
    }

    private static object StandingTerms(TestWorld world, Scene scene) =>
        new
        {
            providerId = scene.Provider,
            gpuModel = "h100",
            maxRate = 5,
            capacityGpuHours = 1_000,
            startsAt = world.Now,
        };

    private static Task<Reply> Approve(Person by, Reply asked, decimal? gpuHours = null, params (string Name, string Value)[] headers) =>
        by.Post($"/v1/requests/{asked.Id}/approve", new { gpuHours }, [Person.AnyVersion, .. headers]);

    private static string Reason(Reply asked, string member) => asked["decision"]["reasons"]![0]![member]!.GetValue<string>();

    private static IEnumerable<string> Reasons(Reply asked) =>
        asked["decision"]["reasons"]!.AsArray().Select(one => one!["code"]!.GetValue<string>());
}
