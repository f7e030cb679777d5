using System.Buffers.Text;
using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>A partner acts for those who consented, and for nobody else.</summary>
public sealed class ConsentTests
{
    [Fact]
    public async Task A_partner_acts_for_an_organization_that_consented_and_only_for_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (another, anotherOwner) = await world.Organization(name: "Another");
        var portal = await Portal.EnterAsync(world);
        var begun = (
            await portal.Person.Post($"/v1/partners/{portal.Id}/consents", new { scopes = Portal.Everything, externalId = "customer-1" })
        ).Expect(HttpStatusCode.Created);
        await TheLinkSaysWhoAsksForWhat(world, begun);
        var code = begun.Text_("code");
        var offer = (await scene.Startup.Post("/v1/consents/read", new { code })).Expect(HttpStatusCode.OK);
        Assert.Equal("Portal", offer.Text_("partnerName"));
        (await anotherOwner.Post("/v1/consents", new { code, organizationId = scene.Organization })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "organizationId"
        );
        // Before the consent the header gives nothing, and without it there is no organization to ask for.
        (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(scene.Organization))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        var given = (await scene.Startup.Post("/v1/consents", new { code, organizationId = scene.Organization })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(("active", "customer-1"), (given.Text_("status"), given.Text_("externalId")));
        (await anotherOwner.Post("/v1/consents", new { code, organizationId = another })).ExpectProblem(
            HttpStatusCode.Conflict,
            "code-used"
        );
        (await portal.Person.Ask(scene.Programme, 2, new { organizationId = scene.Organization })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "organizationId"
        );
        (await portal.Person.Get($"/v1/organizations/{scene.Organization}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        var asked = (
            await portal.Person.Ask(scene.Programme, 2, null, Portal.For(scene.Organization), ("Idempotency-Key", "first"))
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        await EverythingIsAttributedToBoth(world, scene, portal, asked);
        (await portal.Person.Get($"/v1/grants/{asked.Text_("grantId")}", Portal.For(scene.Organization))).Expect(HttpStatusCode.OK);
        await OnlyWhatIsMeantForPartners(world, scene, portal, another, anotherOwner);
        foreach (var side in (Person[])[portal.Person, scene.Startup])
            Assert.Contains(given.Text_("id"), (await side.Get("/v1/consents?externalId=customer-1")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(given.Text_("id"), (await anotherOwner.Get("/v1/consents")).Text, StringComparison.Ordinal);
        (await scene.Startup.Post($"/v1/consents/{given.Id}/end")).Expect(HttpStatusCode.OK);
        (await portal.Person.Get("/v1/grants", Portal.For(scene.Organization))).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await scene.Startup.Post($"/v1/consents/{given.Id}/end")).ExpectProblem(HttpStatusCode.Conflict, "consent-ended");
    }

    [Fact]
    public async Task A_consent_that_ended_meanwhile_carries_out_nothing_on_any_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var elsewhere = portal.Person.On(second);
        var consent = await portal.EnrolAsync(scene.Organization, scene.Startup, expiresAt: world.Now.AddDays(2));
        Task<Reply> AskAsync() => elsewhere.Ask(scene.Programme, 1, null, Portal.For(scene.Organization));
        (await AskAsync()).Expect(HttpStatusCode.Created);
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        // The other replica still judges by what it read. The transaction finds that the consent has ended.
        (await AskAsync()).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        // A partner that is suspended acts for nobody, and goes on when it is active again.
        await portal.EnrolAsync(scene.Organization, scene.Startup, expiresAt: world.Now.AddDays(2));
        (await AskAsync()).Expect(HttpStatusCode.Created);
        foreach (
            var (status, answer) in ((string, HttpStatusCode)[])[("suspended", HttpStatusCode.NotFound), ("active", HttpStatusCode.Created)]
        )
        {
            (await world.Admin.Patch($"/v1/partners/{portal.Id}", new { status }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
            (await AskAsync()).Expect(answer);
        }

        // For a person the partner has the person's memberships, as they are when it asks.
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member");
        var code = (await member.Post("/v1/me/consents", new { scopes = Portal.Everything, partnerId = portal.Id }))
            .Expect(HttpStatusCode.Created)
            .Text_("code");
        (await portal.Person.Post("/v1/consents", new { code, externalId = "user-1" })).Expect(HttpStatusCode.Created);
        var asked = (await elsewhere.Ask(scene.Programme, 1, null, Portal.ForPerson(member.PrincipalId))).Expect(HttpStatusCode.Created);
        Assert.Equal(member.PrincipalId, await world.ScalarAsync<Guid>("select requested_by from requests where id = $1", asked.Id));
        var grants = await world.ScalarAsync<long>("select count(*) from grants");
        (await world.Admin.Delete($"/v1/organizations/{scene.Organization}/members/{member.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var refused = await elsewhere.Ask(
            scene.Programme,
            1,
            new { organizationId = scene.Organization },
            Portal.ForPerson(member.PrincipalId)
        );
        refused.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "organizationId");
        // A consent ends by itself when it said so.
        await world.PassAsync(TimeSpan.FromDays(2), portal.Person, scene.Startup, elsewhere, world.Admin);
        (await AskAsync()).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Equal(grants, await world.ScalarAsync<long>("select count(*) from grants"));
    }

    [Fact]
    public async Task A_partner_exchanges_a_consent_for_a_token_that_acts_for_it_alone()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (another, anotherOwner) = await world.Organization(name: "Another");
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var consent = (await portal.EnrolAsync(scene.Organization, scene.Startup)).ToString();
        await portal.EnrolAsync(another, anotherOwner);
        var made = (await portal.ExchangeAsync(world, consent)).Expect(HttpStatusCode.OK);
        Assert.Equal("urn:ietf:params:oauth:token-type:access_token", made.Text_("issued_token_type"));
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(made.Text_("access_token").Split('.')[1]))!;
        Assert.Equal($"organization:{scene.Organization}", claims["sub"]!.GetValue<string>());
        Assert.Equal(portal.Person.ClientId, claims["act"]!["sub"]!.GetValue<string>());
        var acting = portal.Person.WithToken(made.Text_("access_token"));
        var asked = (await acting.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal(scene.Organization.ToString(), asked.Text_("organizationId"));
        Assert.Equal(
            scene.Organization.ToString(),
            Assert.Single((await acting.Get("/v1/organizations")).Expect(HttpStatusCode.OK)["data"].AsArray())!["id"]!.GetValue<string>()
        );
        (await acting.Get($"/v1/partners/{portal.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await acting.Ask(scene.Programme, 1, null, Portal.For(another))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "GpuGrants-Organization"
        );
        // The same key for another organization is another call.
        (await acting.Ask(scene.Programme, 1, null, ("Idempotency-Key", "once"))).Expect(HttpStatusCode.Created);
        (await portal.Person.Ask(scene.Programme, 1, null, Portal.For(another), ("Idempotency-Key", "once"))).ExpectProblem(
            HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused"
        );
        var reading = (await portal.ExchangeAsync(world, consent, "read")).Expect(HttpStatusCode.OK).Text_("access_token");
        (await portal.Person.WithToken(reading).Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        foreach (
            var (who, what, scope, secret, error) in ((Portal, string, string?, string?, string)[])
                [
                    (portal, consent, "clients", null, "invalid_scope"),
                    (portal, consent, null, "gg_wrong", "invalid_client"),
                    (portal, Guid.CreateVersion7().ToString(), null, null, "invalid_grant"),
                    (portal, "organization", null, null, "invalid_grant"),
                    (other, consent, null, null, "invalid_grant"),
                ]
        )
            Assert.Equal(error, (await who.ExchangeAsync(world, what, scope, secret)).Text_("error"));
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        (await acting.Get("/v1/grants")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await acting.Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("invalid_grant", (await portal.ExchangeAsync(world, consent)).Text_("error"));
    }

    [Fact]
    public async Task A_rule_on_partners_counts_what_a_partner_asks_for_all_and_its_organizations_ask_themselves()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.Policy(null, Scenes.Lifetime("10", id: "per-partner", level: "partner"));
        var (another, anotherOwner) = await world.Organization(name: "Another");
        var (_, free) = await world.Organization(name: "Free");
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.EnrolAsync(another, anotherOwner);
        await other.EnrolAsync(another, anotherOwner);
        async Task<string> Status(Task<Reply> asking) => (await asking).Expect(HttpStatusCode.Created).Text_("status");
        Assert.Equal("approved", await Status(portal.Person.Ask(scene.Programme, 6, null, Portal.For(scene.Organization))));
        Assert.Equal("denied", await Status(portal.Person.Ask(scene.Programme, 5, null, Portal.For(another))));
        Assert.Equal("approved", await Status(anotherOwner.Ask(scene.Programme, 4)));
        Assert.Equal("denied", await Status(scene.Startup.Ask(scene.Programme, 1)));
        Assert.Equal("approved", await Status(other.Person.Ask(scene.Programme, 5, null, Portal.For(another))));
        Assert.Equal("approved", await Status(free.Ask(scene.Programme, 11)));
        // When a consent's own end has come, the organization has that partner no more, and both sides learn of it.
        var (third, thirdOwner) = await world.Organization(name: "For a day");
        var consent = await portal.EnrolAsync(third, thirdOwner, expiresAt: world.Now.AddDays(1));
        Assert.Equal("denied", await Status(thirdOwner.Ask(scene.Programme, 5)));
        await world.PassAsync(TimeSpan.FromDays(1), thirdOwner, portal.Person);
        Assert.Equal("approved", await Status(thirdOwner.Ask(scene.Programme, 5)));
        foreach (var side in (Person[])[thirdOwner, portal.Person])
        {
            Assert.Equal("expired", (await side.Get($"/v1/consents/{consent}")).Text_("status"));
            var ended = (await side.Get($"/v1/events?resource={consent}&types=consent.ended"))["data"].AsArray();
            Assert.Equal(Guid.Empty.ToString(), Assert.Single(ended)!["actorId"]!.GetValue<string>());
        }
    }

    private static async Task TheLinkSaysWhoAsksForWhat(TestWorld world, Reply begun)
    {
        var page = await world.Http.GetAsync(new Uri(begun.Text_("link")).AbsolutePath);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var text = await page.Content.ReadAsStringAsync();
        Assert.Contains("Portal asks to act for you", text, StringComparison.Ordinal);
        // Whoever reads Korean alone consents to the same.
        var korean = text[text.IndexOf("<div lang=\"ko\">", StringComparison.Ordinal)..];
        Assert.Contains("승인된 GPU 시간을 사용합니다", korean, StringComparison.Ordinal);
        Assert.Contains("<code>organizationId</code>를 빼고", korean, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Http.GetAsync("/consent/cc_none")).StatusCode);
    }

    private static async Task EverythingIsAttributedToBoth(TestWorld world, Scene scene, Portal portal, Reply asked)
    {
        var (principal, organization) = (portal.Person.PrincipalId, scene.Organization);
        foreach (var (table, key) in ((string, string)[])[("decisions", "request_id"), ("transfers", "request_id")])
            Assert.Equal(
                0L,
                await world.ScalarAsync<long>(
                    $"select count(*) from {table} where {key} = $1 and (actor_id, client_id, on_behalf_of) is distinct from ($2, $3, $4)",
                    asked.Id,
                    principal,
                    portal.Person.ClientId,
                    organization
                )
            );
        var happened = (await scene.Startup.Get("/v1/events?types=request.*"))["data"].AsArray().Last()!;
        Assert.Equal(
            (principal.ToString(), portal.Person.ClientId, organization.ToString()),
            (happened["actorId"]!.GetValue<string>(), happened["clientId"]!.GetValue<string>(), happened["onBehalfOf"]!.GetValue<string>())
        );
        Assert.Equal(
            portal.Id,
            await world.ScalarAsync<Guid>("select partner_id from requests where id = $1 and requested_by <> $2", asked.Id, principal)
        );
    }

    private static async Task OnlyWhatIsMeantForPartners(TestWorld world, Scene scene, Portal portal, Guid another, Person anotherOwner)
    {
        await portal.EnrolAsync(another, anotherOwner, ["read"]);
        var before = await world.FingerprintAsync();
        (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(another))).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (
            await portal.Person.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "New",
                    country = "KR",
                },
                Portal.For(scene.Organization)
            )
        ).ExpectProblem(HttpStatusCode.Forbidden, "not-through-partner");
        Assert.True(
            (await portal.Person.Ask(scene.Programme, 2, null, Portal.For(scene.Organization), ("Idempotency-Key", "first"))).IsReplay
        );
        foreach (var bad in (string[])["x", "", another.ToString("N")])
            (await portal.Person.Get("/v1/grants", ("GpuGrants-Organization", bad))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "GpuGrants-Organization"
            );
        (await portal.Person.Get("/v1/grants", Portal.For(another), Portal.ForPerson(another))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed"
        );
        (await scene.Startup.Get("/v1/grants", Portal.For(scene.Organization))).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Empty((await portal.Person.Get("/v1/grants", Portal.For(another))).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Equal(before, await world.FingerprintAsync());
    }
}
