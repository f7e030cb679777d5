using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>A partner signs people up: they confirm by mail, or a programme trusts its word in bounds.</summary>
public sealed class PartnerPeopleTests
{
    [Fact]
    public async Task Whom_a_partner_signs_up_confirms_by_mail_and_is_acted_for_until_removed()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var people = $"/v1/partners/{portal.Id}/people";
        var body = Body("user-1", email: "mina@example.org");
        var begun = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        Assert.Equal(("waiting", false), (begun.Text_("status"), begun["vouched"].GetValue<bool>()));
        // The same name again is the same person, who gets another code; the first one works no worse.
        var first = await world.ReadCodeAsync("mina@example.org");
        var again = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
        Assert.Equal(begun.Id, again.Id);
        var code = await world.ReadCodeAsync("mina@example.org");
        var confirm = $"/v1/partner-sign-ups/{again.Text_("confirmationId")}/confirm";
        var wrong = code == "00000000" ? "00000001" : "00000000";
        (await Open(world, confirm, wrong)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        var confirmed = (await Open(world, confirm, code)).Expect(HttpStatusCode.Created);
        Assert.Equal("active", confirmed.Text_("status"));
        (await Open(world, confirm, code)).ExpectProblem(HttpStatusCode.Conflict, "code-used");
        (await Open(world, $"/v1/partner-sign-ups/{begun.Text_("confirmationId")}/confirm", first)).ExpectProblem(
            HttpStatusCode.Conflict,
            "code-used"
        );
        var organization = Guid.Parse(confirmed.Text_("organizationId"));
        var asked = (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(organization))).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        // The code made no client: the partner may have typed it.
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from api_clients c join people p on p.id = c.principal_id"));
        var listed = (await portal.Person.Get($"{people}?externalId=user-1")).Expect(HttpStatusCode.OK);
        Assert.Equal(begun.Id.ToString(), Assert.Single(listed["data"].AsArray())!["id"]!.GetValue<string>());
        (await portal.Person.Delete($"{people}/{begun.Id}")).Expect(HttpStatusCode.NoContent);
        (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(organization))).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("removed", (await portal.Person.Get($"{people}?status=removed"))["data"][0]!["status"]!.GetValue<string>());
        // Back again, the person has the same organization.
        var back = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
        confirm = $"/v1/partner-sign-ups/{back.Text_("confirmationId")}/confirm";
        var returned = (await Open(world, confirm, await world.ReadCodeAsync("mina@example.org"))).Expect(HttpStatusCode.Created);
        Assert.Equal(organization.ToString(), returned.Text_("organizationId"));
        foreach (
            var (bad, field) in ((object, string)[])
                [
                    (Body("", email: "mina@example.org"), "externalId"),
                    (Body("user-2"), "email"),
                    (Body("user-2", email: "mina@example.org", vouchFor: scene.Programme), "email"),
                    (Body("user-2", vouchFor: scene.Programme, ofAge: null), "ofAge"),
                    (Body("user-2", vouchFor: scene.Programme), "vouchFor"),
                ]
        )
            (await portal.Person.Post(people, bad)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
    }

    [Fact]
    public async Task Whoever_is_signed_up_again_keeps_the_consent_that_the_owner_gave_meanwhile()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var people = $"/v1/partners/{portal.Id}/people";
        var body = Body("user-1", email: "mina@example.org");
        var first = await SignUpAsync(HttpStatusCode.Created);
        var organization = Guid.Parse(first.Text_("organizationId"));
        (await portal.Person.Delete($"{people}/{first.Id}")).Expect(HttpStatusCode.NoContent);

        // The owner lets the partner read, and no more.
        var recovery = (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        var renewed = (
            await world.CallAsync($"/v1/recoveries/{recovery.Id}/confirm", new { code = await world.ReadCodeAsync("mina@example.org") })
        ).Expect(HttpStatusCode.OK);
        var mina = world.Holder(renewed["token"]["accessToken"]!.GetValue<string>());
        var offered = (await mina.Post($"/v1/organizations/{organization}/consents", new { scopes = new[] { "read" } })).Expect(
            HttpStatusCode.Created
        );
        var given = (await portal.Person.Post("/v1/consents", new { code = offered.Text_("code") })).Expect(HttpStatusCode.Created);

        var again = await SignUpAsync(HttpStatusCode.OK);
        Assert.Equal((organization.ToString(), "active"), (again.Text_("organizationId"), again.Text_("status")));
        var active = Assert.Single(
            (await mina.Get($"/v1/consents?organizationId={organization}"))["data"].AsArray(),
            one => one!["status"]!.GetValue<string>() == "active"
        )!;
        Assert.Equal(given.Id.ToString(), active["id"]!.GetValue<string>());
        (await portal.Person.Get($"/v1/organizations/{organization}", Portal.For(organization))).Expect(HttpStatusCode.OK);
        Assert.NotEqual(HttpStatusCode.Created, (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(organization))).Status);

        // A removal ends it, whoever gave it.
        (await portal.Person.Delete($"{people}/{first.Id}")).Expect(HttpStatusCode.NoContent);
        (await portal.Person.Get($"/v1/organizations/{organization}", Portal.For(organization))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );

        async Task<Reply> SignUpAsync(HttpStatusCode status)
        {
            var begun = (await portal.Person.Post(people, body)).Expect(status);
            return (
                await Open(
                    world,
                    $"/v1/partner-sign-ups/{begun.Text_("confirmationId")}/confirm",
                    await world.ReadCodeAsync("mina@example.org")
                )
            ).Expect(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_suspended_partner_signs_nobody_up_with_a_code_that_was_mailed_before()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var portal = await Portal.EnterAsync(world);
        var begun = (await portal.Person.Post($"/v1/partners/{portal.Id}/people", Body("user-1", email: "mina@example.org"))).Expect(
            HttpStatusCode.Created
        );
        var (path, code) = ($"/v1/partner-sign-ups/{begun.Text_("confirmationId")}/confirm", await world.ReadCodeAsync("mina@example.org"));
        await StatusAsync("suspended");
        (await Open(world, path, code)).ExpectProblem(HttpStatusCode.Conflict, "partner-not-active");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from consents"));
        await StatusAsync("active");
        (await Open(world, path, code)).Expect(HttpStatusCode.Created);

        async Task StatusAsync(string status) =>
            (await world.Admin.Patch($"/v1/partners/{portal.Id}", new { status }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_confirms_is_not_vouched_for_whoever_is_vouched_for_does_not_confirm_and_a_suspended_partner_does_neither()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var people = $"/v1/partners/{portal.Id}/people";
        (
            await world.Admin.Put($"/v1/programmes/{scene.Programme}/partners/{portal.Id}", new { peopleAtMost = 5, peoplePerDay = 5 })
        ).Expect(HttpStatusCode.OK);
        (await portal.Person.Post(people, Body("mailed", email: "mina@example.org"))).Expect(HttpStatusCode.Created);
        (await portal.Person.Post(people, Body("vouched", vouchFor: scene.Programme))).Expect(HttpStatusCode.Created);
        (await portal.Person.Post(people, Body("mailed", vouchFor: scene.Programme))).ExpectProblem(
            HttpStatusCode.Conflict,
            "person-confirms",
            "vouchFor"
        );
        (await portal.Person.Post(people, Body("vouched", email: "ravi@example.org"))).ExpectProblem(
            HttpStatusCode.Conflict,
            "person-vouched",
            "email"
        );
        (await world.Admin.Patch($"/v1/partners/{portal.Id}", new { status = "suspended" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        foreach (var body in (object[])[Body("third", vouchFor: scene.Programme), Body("third", email: "jisoo@example.org")])
            (await portal.Person.Post(people, body)).ExpectProblem(HttpStatusCode.Conflict, "partner-not-active");
    }

    [Fact]
    public async Task A_partners_word_brings_back_no_consent_that_somebody_else_ended_and_none_of_an_organization_that_is_anothers()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var people = $"/v1/partners/{portal.Id}/people";
        (
            await world.Admin.Put($"/v1/programmes/{scene.Programme}/partners/{portal.Id}", new { peopleAtMost = 5, peoplePerDay = 5 })
        ).Expect(HttpStatusCode.OK);
        var body = Body("student", vouchFor: scene.Programme);
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        var again = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
        Assert.Equal(student.Text_("organizationId"), again.Text_("organizationId"));
        var consent = await world.ScalarAsync<Guid>("select id from consents where status = 'active'");
        (await world.Admin.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        (await portal.Person.Post(people, body)).ExpectProblem(HttpStatusCode.Conflict, "consent-withdrawn", "externalId");
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from consents where status = 'active'"));
        (
            await portal.Person.Get(
                $"/v1/organizations/{student.Text_("organizationId")}",
                Portal.For(Guid.Parse(student.Text_("organizationId")))
            )
        ).ExpectProblem(HttpStatusCode.NotFound, "not-found");

        // Nor of one that somebody else owns by now.
        var moved = (await portal.Person.Post(people, Body("other", vouchFor: scene.Programme))).Expect(HttpStatusCode.Created);
        (await portal.Person.Delete($"{people}/{moved.Id}")).Expect(HttpStatusCode.NoContent);
        await world.ScalarAsync<long>(
            "with moved as (update organizations set owner_ids = array[gen_random_uuid()] where id = $1 returning 1) "
                + "select count(*) from moved",
            Guid.Parse(moved.Text_("organizationId"))
        );
        (await portal.Person.Post(people, Body("other", vouchFor: scene.Programme))).ExpectProblem(
            HttpStatusCode.Conflict,
            "consent-withdrawn",
            "externalId"
        );
    }

    [Fact]
    public async Task A_programme_trusts_a_partners_word_in_bounds_and_no_other_programme_does()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var people = $"/v1/partners/{portal.Id}/people";
        var trust = $"/v1/programmes/{scene.Programme}/partners/{portal.Id}";
        var elsewhere = await world.Programme(100, terms: new { name = "Elsewhere" });
        (await world.Admin.Put(trust, new { peopleAtMost = 3, peoplePerDay = 2 })).Expect(HttpStatusCode.OK);
        var student = await Vouched("student-1");
        Assert.Equal((true, "active"), (student["vouched"].GetValue<bool>(), student.Text_("status")));
        var organization = Guid.Parse(student.Text_("organizationId"));
        var view = (await portal.Person.Get($"/v1/organizations/{organization}", Portal.For(organization))).Expect(HttpStatusCode.OK);
        Assert.Equal("vouched", view.Text_("verification"));
        async Task<string> Status(Guid programme) =>
            (await portal.Person.Ask(programme, 1, null, Portal.For(organization))).Expect(HttpStatusCode.Created).Text_("status");
        Assert.Equal("approved", await Status(scene.Programme));
        var refused = (await portal.Person.Ask(elsewhere, 1, null, Portal.For(organization))).Expect(HttpStatusCode.Created);
        Assert.Contains("organization-not-verified", refused.Text, StringComparison.Ordinal);
        // The same name is the same person; another partner's word is not trusted.
        Assert.Equal(student.Id, (await portal.Person.Post(people, Vouch("student-1"))).Expect(HttpStatusCode.OK).Id);
        (await other.Person.Post($"/v1/partners/{other.Id}/people", Vouch("student-9"))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "vouchFor"
        );
        var second = await Vouched("student-2");
        (await portal.Person.Post(people, Vouch("student-3"))).ExpectProblem(HttpStatusCode.Conflict, "too-many-people-today");
        await world.PassAsync(TimeSpan.FromHours(24), portal.Person, scene.Startup);
        await Vouched("student-3");
        (await portal.Person.Post(people, Vouch("student-4"))).ExpectProblem(HttpStatusCode.Conflict, "too-many-people");
        (await portal.Person.Delete($"{people}/{second.Id}")).Expect(HttpStatusCode.NoContent);
        await Vouched("student-4");
        // Whoever returns counts again.
        (await portal.Person.Post(people, Vouch("student-2"))).ExpectProblem(HttpStatusCode.Conflict, "too-many-people");
        // A limit on each person whom this partner serves, and one on all of them together.
        await world.Policy(scene.Programme, Each(portal.Id, "3"), Together(portal.Id, "4"));
        Assert.Equal("approved", await Status(scene.Programme));
        var asked = (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(organization))).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", asked.Text_("status"));
        Assert.Contains("each-served", asked.Text, StringComparison.Ordinal);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 20)).Text_("status"));
        // Where a programme asks for more, a word is not enough; where the trust ends, it counts no more.
        var seen = await world.Admin.Get($"/v1/programmes/{scene.Programme}");
        (
            await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { requiredVerification = "vouched" }, ("If-Match", seen.ETag))
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "requiredVerification");
        (await world.Admin.Delete(trust)).Expect(HttpStatusCode.NoContent);
        Assert.Equal("denied", await Status(scene.Programme));
        (await portal.Person.Post(people, Vouch("student-5"))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "vouchFor");

        object Vouch(string externalId) => Body(externalId, vouchFor: scene.Programme);

        async Task<Reply> Vouched(string externalId) =>
            (await portal.Person.Post(people, Vouch(externalId))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_partners_people_decide_in_their_child_programme_but_not_on_what_their_partner_asks()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("5"));
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        var (_, stranger) = await world.Organization(name: "Another");
        // The partner's share of the budget is a programme below, with an amount of its own, which its person administers.
        var share = await world.Programme(100, parentId: scene.Programme, terms: new { name = "Share" });
        (
            await world.Admin.Post(
                $"/v1/programmes/{share}/members",
                new { principalId = portal.Person.PrincipalId, role = "programme-administrator" }
            )
        ).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            "with wide as (update api_clients set scopes = array['read', 'request', 'review', 'administer'] where client_id = $1 returning 1) "
                + "select count(*) from wide",
            portal.Person.ClientId
        );
        portal.Person.ForgetToken();
        var byPartner = (await portal.Person.Ask(share, 6, null, Portal.For(scene.Organization))).Expect(HttpStatusCode.Created);
        // The organization's own request counts for the partner too: it came to the platform through it.
        var byStranger = (await stranger.Ask(share, 6)).Expect(HttpStatusCode.Created);
        Assert.Equal(("in-review", "in-review"), (byPartner.Text_("status"), byStranger.Text_("status")));
        (await Approve(byPartner)).ExpectProblem(HttpStatusCode.Conflict, "own-partner");
        (await Approve(byStranger)).Expect(HttpStatusCode.OK);
        Assert.Equal("in-review", (await scene.Startup.Get($"/v1/requests/{byPartner.Id}")).Text_("status"));

        Task<Reply> Approve(Reply asked) => portal.Person.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag));
    }

    private static object Each(Guid partner, string hours) => Limit("each-served", "each", partner, hours);

    private static object Together(Guid partner, string hours) => Limit("all-served", "group", partner, hours);

    private static object Limit(string id, string grouping, Guid partner, string hours) =>
        new
        {
            id,
            measure = "gpu-hours-granted",
            subject = new { level = "organization", grouping },
            filter = new { partners = new[] { partner } },
            window = new { kind = "lifetime" },
            limit = new { gpuHours = hours },
            outcome = "deny",
        };

    private static object Body(string externalId, string? email = null, Guid? vouchFor = null, bool? ofAge = true) =>
        new
        {
            externalId,
            email,
            name = "Kim Mina",
            kind = "student",
            country = "KR",
            acceptsTerms = true,
            ofAge,
            vouchFor,
        };

    private static async Task<Reply> Open(TestWorld world, string path, string code)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent($$"""{"code":"{{code}}"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        return await Person.SendAsync(world.Http, message);
    }
}
