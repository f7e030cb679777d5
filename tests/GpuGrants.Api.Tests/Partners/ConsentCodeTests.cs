using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>A consent code works once, for whom it was made, while both sides take part; and a consent ends at its own end.</summary>
public sealed class ConsentCodeTests
{
    [Fact]
    public async Task A_code_that_many_use_at_once_gives_one_consent()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var portal = await Portal.EnterAsync(world);
        var code = await AskAsync(portal);
        var owners = new List<(Guid Id, Person Owner)>();
        for (var i = 0; i < 8; i++)
            owners.Add(await world.Organization(name: $"Lab {i}"));
        // Each knows its token before, so that all calls come at once.
        foreach (var (_, owner) in owners)
            (await owner.Get("/v1/me")).Expect(HttpStatusCode.OK);
        var replies = await Task.WhenAll(owners.Select((one, i) => GiveAsync(i % 2 == 0 ? one.Owner : one.Owner.On(second), code, one.Id)));
        Assert.Single(replies, one => one.Status == HttpStatusCode.Created);
        Assert.All(
            replies.Where(one => one.Status != HttpStatusCode.Created),
            one => one.ExpectProblem(HttpStatusCode.Conflict, "code-used")
        );
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from events where type = 'consent.given'"));
    }

    [Fact]
    public async Task A_partner_has_one_consent_of_an_organization_at_a_time()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var portal = await Portal.EnterAsync(world);
        var consent = await portal.EnrolAsync(organization, owner);
        var code = await AskAsync(portal);
        (await GiveAsync(owner, code, organization)).ExpectProblem(HttpStatusCode.Conflict, "consent-given");
        (await owner.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        (await GiveAsync(owner, code, organization)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_code_is_for_the_partner_that_it_names_and_from_an_owner_who_still_is_one()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var path = $"/v1/organizations/{organization}/consents";
        var named = await OfferAsync(owner, path, portal.Id);
        (await TakeAsync(other, named)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "code");
        (await TakeAsync(portal, named)).Expect(HttpStatusCode.Created);

        var coOwner = await world.Member($"/v1/organizations/{organization}/members", "organization-owner");
        var orphan = await OfferAsync(coOwner, path, other.Id);
        (await world.Admin.Delete($"/v1/organizations/{organization}/members/{coOwner.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await TakeAsync(other, orphan)).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
    }

    [Fact]
    public async Task No_consent_begins_while_one_side_is_suspended()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var asked = await AskAsync(portal);
        await IsAsync($"/v1/partners/{portal.Id}", "suspended");
        (await GiveAsync(owner, asked, organization)).ExpectProblem(HttpStatusCode.Conflict, "partner-not-active");
        await IsAsync($"/v1/partners/{portal.Id}", "active");
        (await GiveAsync(owner, asked, organization)).Expect(HttpStatusCode.Created);

        var offered = await OfferAsync(owner, $"/v1/organizations/{organization}/consents", other.Id);
        await IsAsync($"/v1/organizations/{organization}", "suspended");
        (await TakeAsync(other, offered)).ExpectProblem(HttpStatusCode.Conflict, "organization-not-active", "organizationId");
        await IsAsync($"/v1/organizations/{organization}", "active");
        (await TakeAsync(other, offered)).Expect(HttpStatusCode.Created);

        async Task IsAsync(string path, string status) =>
            (await world.Admin.Patch(path, new { status }, ("If-Match", "*"))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_consent_ends_at_its_own_end_whoever_sweeps()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup, expiresAt: world.Now.AddMinutes(30));
        (await portal.Person.Get("/v1/grants", Portal.For(scene.Organization))).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        portal.Person.ForgetToken();
        (await portal.Person.Get("/v1/grants", Portal.For(scene.Organization))).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await portal.Person.Ask(scene.Programme, 1, null, Portal.For(scene.Organization))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        Assert.Equal("active", await world.ScalarAsync<string>("select status from consents"));
    }

    private static async Task<string> AskAsync(Portal portal) =>
        (await portal.Person.Post($"/v1/partners/{portal.Id}/consents", new { scopes = Portal.Everything }))
            .Expect(HttpStatusCode.Created)
            .Text_("code");

    private static async Task<string> OfferAsync(Person owner, string path, Guid partner) =>
        (await owner.Post(path, new { scopes = Portal.Everything, partnerId = partner })).Expect(HttpStatusCode.Created).Text_("code");

    private static Task<Reply> GiveAsync(Person owner, string code, Guid organization) =>
        owner.Post("/v1/consents", new { code, organizationId = organization });

    private static Task<Reply> TakeAsync(Portal portal, string code) => portal.Person.Post("/v1/consents", new { code });
}
