using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>The verdict's moment decides: each way to an award meets each condition that was broken after the request was made.</summary>
public sealed class VerdictConditionTests
{
    /// <summary>What breaks, and what the refusals name.</summary>
    /// <param name="Break">Breaks it.</param>
    /// <param name="Code">Of a reviewer's refusal.</param>
    /// <param name="Field">The field that it names.</param>
    /// <param name="Limit">The value that would pass; null for none.</param>
    /// <param name="AskCode">Of the refusal to the applicant, whose ask finds no offer at all.</param>
    /// <param name="AskField">The field that it names; the reviewer's when null.</param>
    internal sealed record Condition(
        Func<TestWorld, Scene, Task> Break,
        string Code,
        string Field,
        decimal? Limit = null,
        string? AskCode = null,
        string? AskField = null
    );

    private static readonly Dictionary<string, Condition> Conditions = new(StringComparer.Ordinal)
    {
        ["The programme is suspended"] = new(ProgrammeIs(new { status = "suspended" }), "programme-not-active", "programmeId"),
        ["The programme has ended"] = new(
            async (world, scene) =>
            {
                world.Clock.Advance(TimeSpan.FromMinutes(1));
                (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end")).Expect(HttpStatusCode.OK);
            },
            "programme-ended",
            "programmeId"
        ),
        ["The programme takes other kinds"] = new(
            ProgrammeIs(new { eligibleKinds = new[] { "student" } }),
            "kind-not-eligible",
            "organizationId"
        ),
        ["The programme takes other countries"] = new(
            ProgrammeIs(new { eligibleCountries = new[] { "DE" } }),
            "country-not-eligible",
            "organizationId"
        ),
        ["The programme asks for verification"] = new(
            ProgrammeIs(new { requiredVerification = "domain" }),
            "organization-not-verified",
            "organizationId"
        ),
        ["The programme shortens its grants"] = new(ProgrammeIs(new { maxGrantDays = 5 }), "duration-too-long", "durationDays", 5),
        ["The programme ends before the grant would"] = new(
            async (world, scene) => await ProgrammeIs(new { endsAt = world.Now.AddDays(10) })(world, scene),
            "grant-outside-programme",
            "durationDays",
            10
        ),
        ["The offer is paused"] = new(
            OfferIs(_ => new { status = "paused" }),
            "offer-not-open",
            "offerId",
            AskCode: "no-suitable-offer",
            AskField: "gpuModels"
        ),
        ["The offer has ended"] = new(
            OfferIs(_ => new { status = "ended" }),
            "offer-not-open",
            "offerId",
            AskCode: "no-suitable-offer",
            AskField: "gpuModels"
        ),
        ["The provider is suspended"] = new(
            async (world, scene) =>
                (await world.Admin.Patch($"/v1/providers/{scene.Provider}", new { status = "suspended" }, Person.AnyVersion)).Expect(
                    HttpStatusCode.OK
                ),
            "offer-not-open",
            "offerId",
            AskCode: "no-suitable-offer",
            AskField: "gpuModels"
        ),
        ["The offer ends before the grant would"] = new(
            OfferIs(world => new { endsAt = world.Now.AddDays(10) }),
            "grant-outside-offer",
            "durationDays",
            10,
            "no-suitable-offer"
        ),
        ["The offer's smallest grant has grown"] = new(OfferIs(_ => new { minGpuHours = 50 }), "offer-too-large", "gpuHours", 50),
        ["The offer's largest grant has shrunk"] = new(OfferIs(_ => new { maxGpuHours = 5 }), "offer-too-small", "gpuHours", 5),
        ["The offer runs fewer GPUs at once"] = new(OfferIs(_ => new { maxGpus = 2 }), "too-many-gpus", "gpus", 2, "no-suitable-offer"),
        ["A rule denies it"] = new(
            async (world, scene) => await world.Policy(scene.Programme, Scenes.PerRequest("5", "deny", "new")),
            "quota-exceeded",
            "gpuHours",
            5
        ),
    };

    public static TheoryData<string> Names => [.. Conditions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_way_to_an_award_is_refused_and_nothing_changes(string name)
    {
        await using var world = await TestWorld.StartAsync();
        await world.Waive();
        var scene = await world.Scene(
            rules: [Scenes.PerRequest("10"), Scenes.SeveralApprove("10", 2, "two", "two"), Scenes.PerRequest("100", "deny", "largest")]
        );
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var open = await AskAsync(scene, 40);
        var endorsed = await AskAsync(scene, 30, ["two"]);
        var denied = await AskAsync(scene, 150);
        Assert.Equal(("in-review", "in-review", "denied"), (open.Text_("status"), endorsed.Text_("status"), denied.Text_("status")));
        var confirmed = await ApproveAsync(reviewers[0], await AskAsync(scene, 25, ["two"]), new { });
        Assert.Equal(("in-review", 1m), (confirmed.Text_("status"), confirmed.Number("approvalsGiven")));
        var condition = Conditions[name];
        await condition.Break(world, scene);
        var before = await world.FingerprintAsync();

        Check(await ApproveAsync(reviewers[0], open, new { }), condition, condition.Code, condition.Field);
        Check(await ApproveAsync(reviewers[0], open, new { gpuHours = 20 }), condition, condition.Code, condition.Field);
        Check(await ApproveAsync(reviewers[0], endorsed, new { }), condition, condition.Code, condition.Field);
        Check(await ApproveAsync(reviewers[1], confirmed, new { }), condition, condition.Code, condition.Field);
        var (code, field) = (condition.AskCode ?? condition.Code, condition.AskField ?? condition.Field);
        Check(
            await scene.Startup.Post($"/v1/requests/{open.Id}/amend", new { gpuHours = 41 }, ("If-Match", open.ETag)),
            condition,
            code,
            field
        );
        Check(await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer"), condition, "counter-offer-gone", field);

        Assert.Equal(before, await world.FingerprintAsync());
        var submitted = await AskAsync(scene, 40);
        Assert.Equal("denied", submitted.Text_("status"));
        var reasons = submitted["decision"]["reasons"]!.AsArray();
        Assert.Contains(reasons, one => one!["code"]!.GetValue<string>() == code && one["field"]!.GetValue<string>() == field);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from grants"));
    }

    [Fact]
    public async Task A_suspended_organization_is_granted_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var open = await AskAsync(scene, 40);
        (await world.Admin.Patch($"/v1/organizations/{scene.Organization}", new { status = "suspended" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var before = await world.FingerprintAsync();
        (await ApproveAsync(reviewer, open, new { })).ExpectProblem(HttpStatusCode.Conflict, "organization-not-active", "organizationId");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task What_is_asked_for_a_project_that_was_closed_meanwhile_is_not_granted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("10"), Scenes.PerRequest("100", "deny", "largest")]);
        var reviewer = await world.Reviewer(scene.Programme);
        var projects = $"/v1/organizations/{scene.Organization}/projects";
        var project = (await scene.Startup.Post(projects, new { name = "Vision" })).Expect(HttpStatusCode.Created);
        var body = new { projectId = project.Id };
        var open = await scene.Startup.Ask(scene.Programme, 40, body);
        var denied = await scene.Startup.Ask(scene.Programme, 150, body);
        Assert.Equal(("in-review", "denied"), (open.Text_("status"), denied.Text_("status")));
        async Task IsAsync(string status) =>
            (await scene.Startup.Patch($"{projects}/{project.Id}", new { status }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await IsAsync("closed");
        var before = await world.FingerprintAsync();
        (await ApproveAsync(reviewer, open, new { })).ExpectProblem(HttpStatusCode.Conflict, "project-not-active", "projectId");
        (await scene.Startup.Post($"/v1/requests/{open.Id}/amend", new { gpuHours = 41 }, ("If-Match", open.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "project-not-active",
            "projectId"
        );
        (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).ExpectProblem(
            HttpStatusCode.Conflict,
            "counter-offer-gone",
            "projectId"
        );
        Assert.Equal(before, await world.FingerprintAsync());
        await IsAsync("active");
        Assert.Equal("approved", (await ApproveAsync(reviewer, open, new { })).Expect(HttpStatusCode.OK).Text_("status"));
    }

    [Fact]
    public async Task A_review_that_takes_long_does_not_carry_a_grant_past_the_end_of_its_offer()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        await OfferIs(now => new { endsAt = now.Now.AddDays(30) })(world, scene);
        var open = await AskAsync(scene, 40);
        Assert.Equal("in-review", open.Text_("status"));
        await world.PassAsync(TimeSpan.FromDays(2), reviewer, scene.Startup);
        var refused = (await ApproveAsync(reviewer, open, new { })).ExpectProblem(
            HttpStatusCode.Conflict,
            "grant-outside-offer",
            "durationDays"
        );
        Assert.Equal(28, refused.Number("limit"));
        var amended = await scene.Startup.Post($"/v1/requests/{open.Id}/amend", new { durationDays = 28 }, ("If-Match", open.ETag));
        Assert.Equal("approved", (await ApproveAsync(reviewer, amended.Expect(HttpStatusCode.OK), new { })).Text_("status"));
    }

    [Fact]
    public async Task A_request_cannot_start_after_its_programme_ends()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await ProgrammeIs(new { endsAt = world.Now.AddDays(60) })(world, scene);
        var late = await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(61) });
        Assert.Equal(("denied", "grant-outside-programme", "startsAt"), First(late));
        var lengthy = await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(40) });
        Assert.Equal(("denied", "grant-outside-programme", "durationDays"), First(lengthy));
        Assert.Equal("20", lengthy["decision"]["reasons"]![0]!["wouldPass"]!.GetValue<string>());
        var inside = await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(40), durationDays = 20 });
        Assert.Equal("approved", inside.Text_("status"));
        // Nor after its offer.
        await OfferIs(now => new { endsAt = now.Now.AddDays(30) })(world, scene);
        var later = await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(31), durationDays = 5 });
        Assert.Equal(("denied", "no-suitable-offer"), (First(later).Status, First(later).Code));
        var earlier = await scene.Startup.Ask(scene.Programme, 5, new { startsAt = world.Now.AddDays(25), durationDays = 5 });
        Assert.Equal("approved", earlier.Text_("status"));
    }

    [Fact]
    public async Task An_approval_does_not_meet_its_own_hold_nor_its_own_asking()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(
            credits: 40,
            capacity: 40,
            rules: [Scenes.PerRequest("10"), Scenes.PerMonth("40"), Scenes.ActiveGrants(1), Scenes.RequestsPerDay(1)]
        );
        var reviewer = await world.Reviewer(scene.Programme);
        var open = await AskAsync(scene, 40);
        Assert.Equal("in-review", open.Text_("status"));
        Assert.Equal("approved", (await ApproveAsync(reviewer, open, new { })).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Equal(0, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task An_override_that_comes_with_the_approval_lifts_the_rule_that_it_names()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var open = await AskAsync(scene, 40);
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("5", "deny", "new"));
        object Override(decimal amount) =>
            new
            {
                @override = PolicyScenes.Override(policy, "new", scene.Organization, "replace", amount, expiresAt: world.Now.AddDays(1)),
            };
        (await ApproveAsync(reviewer, open, Override(39))).ExpectProblem(HttpStatusCode.Conflict, "quota-exceeded", "gpuHours");
        Assert.Equal("approved", (await ApproveAsync(reviewer, open, Override(40))).Expect(HttpStatusCode.OK).Text_("status"));
    }

    private static async Task<Reply> AskAsync(Scene scene, decimal gpuHours, string[]? tags = null) =>
        (await scene.Startup.Ask(scene.Programme, gpuHours, new { gpus = 4, tags = tags ?? [] })).Expect(HttpStatusCode.Created);

    private static Task<Reply> ApproveAsync(Person reviewer, Reply request, object body) =>
        reviewer.Post($"/v1/requests/{request.Id}/approve", body, ("If-Match", request.ETag));

    private static void Check(Reply reply, Condition condition, string code, string field)
    {
        reply.ExpectProblem(HttpStatusCode.Conflict, code, field);
        if (condition.Limit is { } limit)
            Assert.Equal(limit, reply.Number("limit"));
    }

    private static (string Status, string Code, string Field) First(Reply reply) =>
        (
            reply.Text_("status"),
            reply["decision"]["reasons"]![0]!["code"]!.GetValue<string>(),
            reply["decision"]["reasons"]![0]!["field"]!.GetValue<string>()
        );

    private static Func<TestWorld, Scene, Task> ProgrammeIs(object change) =>
        async (world, scene) =>
            (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", change, Person.AnyVersion)).Expect(HttpStatusCode.OK);

    private static Func<TestWorld, Scene, Task> OfferIs(Func<TestWorld, object> change) =>
        async (world, scene) =>
            (await scene.Operator.Patch($"/v1/offers/{scene.Offer}", change(world), Person.AnyVersion)).Expect(HttpStatusCode.OK);
}
