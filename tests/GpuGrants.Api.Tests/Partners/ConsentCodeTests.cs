using System.Net;
using GpuGrants.Api.Tests.Fire;
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
        Reply.ExpectOne(replies, HttpStatusCode.Created, "code-used");
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
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, owner) = await world.SignUpAsync("mina@example.org");
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var path = $"/v1/organizations/{organization}/consents";
        var named = await OfferAsync(owner, path, portal.Id);
        (await TakeAsync(other, named)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "code");
        (await other.Person.Post("/v1/consents", new { code = named, partnerId = other.Id })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "code"
        );
        (await TakeAsync(portal, named)).Expect(HttpStatusCode.Created);

        var coOwner = await JoinAsync(world, owner, organization);
        var orphan = await OfferAsync(coOwner, path, other.Id);
        (await owner.Delete($"/v1/organizations/{organization}/members/{coOwner.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await TakeAsync(other, orphan)).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
    }

    [Fact]
    public async Task What_a_code_asks_for_is_read_only_while_it_may_be_used()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var portal = await Portal.EnterAsync(world);
        var (used, late) = (await AskAsync(portal), await AskAsync(portal));
        (await GiveAsync(owner, used, organization)).Expect(HttpStatusCode.Created);
        (await owner.Post("/v1/consents/read", new { code = used })).ExpectProblem(HttpStatusCode.Conflict, "code-used", "code");
        (await owner.Post("/v1/consents/read", new { code = late })).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromDays(7));
        owner.ForgetToken();
        (await owner.Post("/v1/consents/read", new { code = late })).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
    }

    [Fact]
    public async Task A_code_that_is_over_by_another_replicas_clock_gives_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var code = await AskAsync(await Portal.EnterAsync(world));
        await world.ScalarAsync<long>(
            "with ahead as (update programme_trees set last_at = $2 where root_programme_id = $1 returning 1) select count(*) from ahead",
            Guid.Empty,
            world.Now.AddDays(7)
        );
        (await GiveAsync(owner, code, organization)).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
    }

    [Fact]
    public async Task A_code_of_an_owner_whose_role_ends_at_the_same_moment_gives_nothing()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync();
        var (organization, owner) = await world.SignUpAsync("mina@example.org");
        var portal = await Portal.EnterAsync(world);
        var members = $"/v1/organizations/{organization}/members";
        var coOwner = await JoinAsync(world, owner, organization);
        var code = await OfferAsync(coOwner, $"/v1/organizations/{organization}/consents", portal.Id);
        foreach (var person in (Person[])[owner, portal.Person])
            (await person.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Task<Reply> removing;
        Task<Reply> taking;
        await using (await world.Locked(Guid.Empty))
        {
            removing = owner.Delete($"{members}/{coOwner.PrincipalId}");
            await world.UntilBlocked();
            // The endpoint has seen the role. The transaction comes after the one that takes it.
            taking = portal.Person.On(second).Post("/v1/consents", new { code });
            await world.UntilBlocked(2);
        }

        (await removing).Expect(HttpStatusCode.NoContent);
        (await taking).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
    }

    [Fact]
    public async Task A_program_does_not_consent_for_the_person_behind_it()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var portal = await Portal.EnterAsync(world);
        // Whom an owner names acts for that owner.
        var program = await world.Named($"/v1/organizations/{organization}/members", "organization-member", owner);
        var body = new { scopes = Portal.Everything, partnerId = portal.Id };
        (await program.Post("/v1/me/consents", body)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await program.Post("/v1/consents", new { code = await AskAsync(portal) })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await owner.Post("/v1/me/consents", body)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task No_consent_begins_while_one_side_is_suspended()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var (portal, other) = (await Portal.EnterAsync(world), await Portal.EnterAsync(world, "Other portal"));
        var asked = await AskAsync(portal);
        await world.SetStatus($"/v1/partners/{portal.Id}", "suspended");
        (await GiveAsync(owner, asked, organization)).ExpectProblem(HttpStatusCode.Conflict, "partner-not-active");
        await world.SetStatus($"/v1/partners/{portal.Id}", "active");
        (await GiveAsync(owner, asked, organization)).Expect(HttpStatusCode.Created);

        var offered = await OfferAsync(owner, $"/v1/organizations/{organization}/consents", other.Id);
        await world.SetStatus($"/v1/organizations/{organization}", "suspended");
        (await TakeAsync(other, offered)).ExpectProblem(HttpStatusCode.Conflict, "organization-not-active", "organizationId");
        await world.SetStatus($"/v1/organizations/{organization}", "active");
        (await TakeAsync(other, offered)).Expect(HttpStatusCode.Created);
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

    /// <summary>A second owner, whom the first one invites.</summary>
    private static async Task<Person> JoinAsync(TestWorld world, Person owner, Guid organization) =>
        world.PersonOf(
            (await world.JoinAsync(owner, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created)
        );

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
