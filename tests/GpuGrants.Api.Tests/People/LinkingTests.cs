using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>People link subjects of a trusted issuer, which may show who they are.</summary>
public sealed class LinkingTests
{
    [Fact]
    public async Task A_linked_subject_is_the_same_person_and_stays_that_persons()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var minas = world.Holder(issuer.Token("248289761001", world.Now.AddHours(1)));
        (await minas.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        foreach (
            var token in (string[])
                [
                    "none",
                    "a.b.c",
                    issuer.Token("248289761001", world.Now.AddHours(1), audience: "another"),
                    issuer.Token("248289761001", world.Now.AddMinutes(-1)),
                    issuer.Token("248289761001", world.Now.AddHours(1), by: "http://127.0.0.1:1"),
                    issuer.Token("248289761001", world.Now.AddHours(1))[..^4] + "AAAA",
                ]
        )
            (await LinkAsync(mina, token)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "token");
        var linked = (await LinkAsync(mina, issuer.Token("248289761001", world.Now.AddHours(1)))).Expect(HttpStatusCode.Created);
        Assert.Equal(0, await world.CountRowsWithAsync("248289761001"));

        // The same roles, limits and suspensions, by another way to call.
        var me = (await minas.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Assert.Equal(mina.PrincipalId.ToString(), me.Text_("principalId"));
        Assert.Equal("mina@example.org", me["person"]["email"]!.GetValue<string>());
        var asked = (await minas.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal((organization.ToString(), "approved"), (asked.Text_("organizationId"), asked.Text_("status")));
        (await minas.NewOrganization("Second")).Expect(HttpStatusCode.Created);
        (await mina.NewOrganization("Third")).Expect(HttpStatusCode.Created);
        (await minas.NewOrganization("Fourth")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");

        // Nobody else has the subject, and the answer tells nothing of whose it is.
        var other = issuer.Token("248289761001", world.Now.AddHours(1));
        var taken = (await LinkAsync(ravi, other)).ExpectProblem(HttpStatusCode.Conflict, "identity-taken", "token");
        Assert.DoesNotContain(mina.PrincipalId.ToString(), taken.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("mina", taken.Text, StringComparison.OrdinalIgnoreCase);
        (await LinkAsync(mina, other)).ExpectProblem(HttpStatusCode.Conflict, "identity-linked");
        Assert.Single((await mina.Get("/v1/me/identities"))["data"].AsArray());
        (await ravi.Delete($"/v1/me/identities/{linked.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");

        (await mina.Delete($"/v1/me/identities/{linked.Id}")).Expect(HttpStatusCode.NoContent);
        (await minas.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await LinkAsync(ravi, other)).ExpectProblem(HttpStatusCode.Conflict, "identity-taken");
        (await LinkAsync(mina, other)).Expect(HttpStatusCode.Created);
        (await minas.Get("/v1/me")).Expect(HttpStatusCode.OK);

        // Nobody gathers subjects without end.
        foreach (var subject in (string[])["2", "3", "4", "5"])
            (await LinkAsync(mina, issuer.Token(subject, world.Now.AddHours(1)))).Expect(HttpStatusCode.Created);
        var sixth = issuer.Token("6", world.Now.AddHours(1));
        (await LinkAsync(mina, sixth)).ExpectProblem(HttpStatusCode.Conflict, "too-many-identities");
        var fifth = (await mina.Get("/v1/me/identities"))["data"][0]!["id"];
        (await mina.Delete($"/v1/me/identities/{fifth}")).Expect(HttpStatusCode.NoContent);
        (await LinkAsync(mina, sixth)).Expect(HttpStatusCode.Created);

        // A suspension stops every way to call.
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/suspend", new { reason = "Sold the time on" })).Expect(
            HttpStatusCode.OK
        );
        (await minas.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await world.Admin.Post($"/v1/principals/{mina.PrincipalId}/lift-suspension")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ["person.joined", "person.identity-linked", "person.identity-unlinked", "person.identity-linked"],
            (await mina.Get("/v1/events?types=person.*"))["data"]
                .AsArray()
                .Select(one => one!["type"]!.GetValue<string>())
                .Where(type => !type.Contains("susp", StringComparison.Ordinal))
                .Take(4)
        );
    }

    [Fact]
    public async Task An_erasure_unlinks_and_a_returning_person_links_again()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, .. Settings(issuer)]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org", "Mina", "individual");
        var token = issuer.Token("sub-mina", world.Now.AddHours(1), assurance: "high");
        (await LinkAsync(mina, token)).Expect(HttpStatusCode.Created);
        (await mina.Post($"/v1/organizations/{organization}/identity-proofs", new { token })).Expect(HttpStatusCode.Created);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        (await world.Holder(token).Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("email", (await world.Admin.Get($"/v1/organizations/{organization}")).Text_("verification"));
        var back = world.PersonOf((await world.ConfirmSignUpAsync("mina@example.org", "Mina again")).Expect(HttpStatusCode.Created));
        (await world.Holder(token).Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await LinkAsync(back, token)).Expect(HttpStatusCode.Created);
        (await world.Holder(token).Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Followers_hear_of_an_organization_when_whom_an_issuer_showed_leaves_it()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, .. Settings(issuer)]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org", "Mina", "individual");
        var token = issuer.Token("sub-mina", world.Now.AddHours(1), assurance: "high");
        (await LinkAsync(mina, token)).Expect(HttpStatusCode.Created);
        (await mina.Post($"/v1/organizations/{organization}/identity-proofs", new { token })).Expect(HttpStatusCode.Created);
        (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var (since, told) = (world.Now, await ToldAsync());
        (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var changed = await world.Admin.Get($"/v1/organizations?sort=updated&updatedSince={since.UtcDateTime:O}");
        var item = Assert.Single(changed.Expect(HttpStatusCode.OK)["data"].AsArray())!;
        Assert.Equal((organization.ToString(), "email"), (item["id"]!.GetValue<string>(), item["verification"]!.GetValue<string>()));
        Assert.Equal(told + 1, await ToldAsync());

        async Task<int> ToldAsync() =>
            (await world.Admin.Get("/v1/events?types=organization.updated")).Expect(HttpStatusCode.OK)["data"].AsArray().Count;
    }

    [Fact]
    public async Task A_member_who_leaves_dates_the_organization_with_its_version()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var ravi = world.PersonOf(
            (await world.JoinAsync(mina, "ravi@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created)
        );
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await ravi.Delete($"/v1/organizations/{organization}/members/{ravi.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(world.Now, (await mina.Get($"/v1/organizations/{organization}"))["updatedAt"].GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task An_issuer_shows_who_a_lone_developer_is_until_the_owner_changes()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, .. Settings(issuer)]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org", "Mina", "individual");
        var path = $"/v1/organizations/{organization}/identity-proofs";
        string Token(string subject, string? assurance) => issuer.Token(subject, world.Now.AddHours(1), assurance: assurance);
        (await mina.Post(path, new { token = Token("sub-mina", "high") })).ExpectProblem(HttpStatusCode.Conflict, "identity-not-linked");
        (await LinkAsync(mina, Token("sub-mina", "high"))).Expect(HttpStatusCode.Created);
        foreach (var assurance in (string?[])[null, "low", "highest"])
            (await mina.Post(path, new { token = Token("sub-mina", assurance) })).ExpectProblem(
                HttpStatusCode.Conflict,
                "identity-not-assured"
            );
        (await mina.Post(path, new { token = Token("sub-ravi", "high") })).ExpectProblem(HttpStatusCode.Conflict, "identity-not-linked");
        var made = (await mina.Post(path, new { token = Token("sub-mina", "high") })).Expect(HttpStatusCode.Created);
        Assert.Equal(("identity", Guid.Empty.ToString()), (made.Text_("level"), made.Text_("authorId")));
        Assert.Equal($"{issuer.Address} says of an owner: assurance is high.", made.Text_("evidence"));
        Assert.Equal("identity", await LevelAsync());

        // A person is no company.
        var startup = (await mina.NewOrganization("Hangang")).Expect(HttpStatusCode.Created);
        (await mina.Post($"/v1/organizations/{startup.Id}/identity-proofs", new { token = Token("sub-mina", "high") })).ExpectProblem(
            HttpStatusCode.Conflict,
            "identity-of-person"
        );

        // Whom the issuer showed owns it no more.
        var joined = (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        Assert.Equal("email", await LevelAsync());
        var records = (await world.PersonOf(joined).Get($"/v1/organizations/{organization}/verifications")).Expect(HttpStatusCode.OK);
        Assert.Equal("fell", Assert.Single(records["data"].AsArray())!["endReason"]!.GetValue<string>());

        async Task<string> LevelAsync() => (await world.Admin.Get($"/v1/organizations/{organization}")).Text_("verification");
    }

    private static string[] Settings(TestIssuer issuer) =>
        [
            $"--Access:TrustedIssuers:0:Address={issuer.Address}",
            "--Access:TrustedIssuers:0:IdentityClaim=assurance",
            "--Access:TrustedIssuers:0:IdentityValues:0=high",
        ];

    private static Task<Reply> LinkAsync(Person person, string token) => person.Post("/v1/me/identities", new { token });
}
