using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

public sealed class InvitationTests
{
    [Theory]
    [InlineData("organization-member")]
    [InlineData("programme-reviewer")]
    [InlineData("provider-operator")]
    public async Task Somebody_new_gets_a_role_with_their_yes(string role)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (resource, by) = role switch
        {
            "organization-member" => (scene.Organization, scene.Startup),
            "provider-operator" => (scene.Provider, scene.Operator),
            _ => (scene.Programme, await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator")),
        };
        var joined = (await world.JoinAsync(by, "jisoo@example.org", role, resource)).Expect(HttpStatusCode.Created);
        var me = (await world.PersonOf(joined).Get("/v1/me")).Expect(HttpStatusCode.OK);
        Assert.Equal(role, Assert.Single(me["roles"].AsArray())!["role"]!.GetValue<string>());
        Assert.Equal("Park Jisoo", me["person"]["name"]!.GetValue<string>());
        (await world.Holder(joined["token"]["accessToken"]!.GetValue<string>()).Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_is_enrolled_without_a_yes()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var path = $"/v1/organizations/{scene.Organization}/members";
        (await scene.Startup.Post(path, new { principalId = mina.PrincipalId })).ExpectProblem(
            HttpStatusCode.Conflict,
            "invite-instead",
            "principalId"
        );
        // A role that its holder did not agree to would keep a reviewer from deciding.
        var reviewer = await world.Reviewer(scene.Programme);
        (await scene.Startup.Post(path, new { principalId = reviewer.PrincipalId })).ExpectProblem(
            HttpStatusCode.Conflict,
            "invite-instead",
            "principalId"
        );
        var invited = (
            await scene.Startup.Post(
                "/v1/invitations",
                new
                {
                    email = "mina@example.org",
                    role = "organization-member",
                    resourceId = scene.Organization,
                }
            )
        ).Expect(HttpStatusCode.Accepted);
        Assert.Single((await mina.Get("/v1/organizations"))["data"].AsArray());
        var code = await world.ReadCodeAsync("mina@example.org");
        var accept = $"/v1/invitations/{invited.Id}/accept";
        (await world.CallAsync(accept, new { code })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "acceptsTerms");
        var joined = (await world.CallAsync(accept, new { code, acceptsTerms = true })).Expect(HttpStatusCode.Created);
        Assert.Equal(mina.PrincipalId.ToString(), joined["person"]["id"]!.GetValue<string>());
        Assert.Equal(2, (await mina.Get("/v1/organizations"))["data"].AsArray().Count);
        (await world.CallAsync(accept, new { code, acceptsTerms = true })).ExpectProblem(HttpStatusCode.Conflict, "code-used");
    }

    [Fact]
    public async Task An_inviter_who_loses_the_role_first_gives_none_whenever_the_yes_comes()
    {
        var settings = Mailbox.Settings;
        await using var world = await TestWorld.StartAsync(settings);
        await using var second = await world.StartSecondAsync(settings);
        var scene = await world.Scene();
        var members = $"/v1/programmes/{scene.Programme}/members";
        var administrator = await world.Member(members, "programme-administrator");
        var body = new
        {
            email = "jisoo@example.org",
            role = "programme-administrator",
            resourceId = scene.Programme,
        };
        var invited = (await administrator.Post("/v1/invitations", body)).Expect(HttpStatusCode.Accepted);
        var yes = new
        {
            code = await world.ReadCodeAsync("jisoo@example.org"),
            name = "Park Jisoo",
            acceptsTerms = true,
        };
        // The removal waits first. The yes is read while it waits, and decided after it.
        var held = await world.Locked(Guid.Empty);
        var removing = world.Admin.Delete($"{members}/{administrator.PrincipalId}");
        await world.UntilBlocked();
        var accepting = second.CallAsync($"/v1/invitations/{invited.Id}/accept", yes);
        await world.UntilBlocked(2);
        await held.DisposeAsync();
        (await removing).Expect(HttpStatusCode.NoContent);
        (await accepting).ExpectProblem(HttpStatusCode.Conflict, "invitation-void");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from people"));
    }

    [Fact]
    public async Task Invitations_are_listed_and_withdrawn_by_those_who_may_give_the_role()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        var body = new
        {
            email = "jisoo@example.org",
            role = "programme-reviewer",
            resourceId = scene.Programme,
        };
        var invited = (await administrator.Post("/v1/invitations", body)).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("jisoo@example.org");
        var withdraw = $"/v1/invitations/{invited.Id}/withdraw";
        foreach (var stranger in (Person[])[scene.Startup, scene.Operator])
        {
            Assert.Empty((await stranger.Get("/v1/invitations"))["data"].AsArray());
            (await stranger.Post(withdraw)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        }

        var seen = Assert.Single((await administrator.Get($"/v1/invitations?resourceId={scene.Programme}"))["data"].AsArray())!;
        Assert.Equal(
            (invited.Id.ToString(), "jisoo@example.org", "open"),
            (seen["id"]!.GetValue<string>(), seen["email"]!.GetValue<string>(), seen["status"]!.GetValue<string>())
        );
        Assert.Equal("withdrawn", (await world.Admin.Post(withdraw)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.DoesNotContain("jisoo", (await administrator.Get("/v1/invitations")).Text, StringComparison.Ordinal);
        var yes = new
        {
            code,
            name = "Park Jisoo",
            acceptsTerms = true,
        };
        (await world.CallAsync($"/v1/invitations/{invited.Id}/accept", yes)).ExpectProblem(HttpStatusCode.Conflict, "invitation-void");
        var joined = (await world.JoinAsync(administrator, "jisoo@example.org", body.role, scene.Programme)).Expect(HttpStatusCode.Created);
        Assert.NotNull(joined["person"]);
        var accepted = Assert.Single(
            (await world.Admin.Get("/v1/invitations"))["data"].AsArray(),
            one => one!["status"]!.GetValue<string>() == "accepted"
        )!;
        (await world.Admin.Post($"/v1/invitations/{accepted["id"]}/withdraw")).ExpectProblem(
            HttpStatusCode.Conflict,
            "invitation-accepted"
        );

        // Nobody answers the last one in time.
        (await administrator.Post("/v1/invitations", body)).Expect(HttpStatusCode.Accepted);
        code = await world.ReadCodeAsync("jisoo@example.org");
        await world.PassAsync(TimeSpan.FromDays(7), administrator, scene.Startup, scene.Operator);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from address_proofs where details is not null"));
        Assert.Equal(
            ["accepted", "expired", "withdrawn"],
            (await administrator.Get("/v1/invitations"))["data"]
                .AsArray()
                .Select(one => one!["status"]!.GetValue<string>())
                .Order(StringComparer.Ordinal)
        );
        string[] told = ["created", "withdrawn", "created", "accepted", "created", "expired"];
        foreach (var person in (Person[])[administrator, world.Admin])
            Assert.Equal(told.Select(one => $"invitation.{one}"), await EventsAsync(person));
        foreach (var stranger in (Person[])[scene.Startup, scene.Operator])
            Assert.Empty(await EventsAsync(stranger));
    }

    [Fact]
    public async Task An_organizations_owners_see_what_became_of_its_invitations_and_its_members_do_not()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var joined = (await world.JoinAsync(mina, "jisoo@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        var member = world.PersonOf(joined);
        Assert.Equal(["invitation.created", "invitation.accepted"], await EventsAsync(mina));
        Assert.Empty(await EventsAsync(member));

        // What happens to a person is seen by that person, and by nobody else but administrators.
        (await member.Patch("/v1/me", new { name = "Park Jisu" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(["person.joined", "person.updated"], await EventsAsync(member, "person.*"));
        Assert.Equal(["person.joined"], await EventsAsync(mina, "person.*"));
        Assert.Equal(3, (await EventsAsync(world.Admin, "person.*")).Count);
    }

    private static async Task<List<string>> EventsAsync(Person person, string types = "invitation.*") =>
        [
            .. (await person.Get($"/v1/events?types={types}&limit=100"))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
                .Select(one => one!["type"]!.GetValue<string>()),
        ];

    [Fact]
    public async Task Only_who_may_give_the_role_invites_to_it_and_still_may_when_it_is_accepted()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:Mode=invitation"]);
        var scene = await world.Scene();
        var reviewer = await world.Reviewer(scene.Programme);
        foreach (
            var (by, role, resource) in ((Person, string, Guid?)[])
                [
                    (reviewer, "programme-reviewer", scene.Programme),
                    (scene.Startup, "programme-reviewer", scene.Programme),
                    (scene.Operator, "organization-owner", scene.Organization),
                    (world.Admin, "organization-owner", Guid.NewGuid()),
                ]
        )
            (await InviteAsync(by, role, resource)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        var administrator = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        var invited = (await InviteAsync(administrator, "programme-reviewer", scene.Programme)).Expect(HttpStatusCode.Accepted);
        (await world.Admin.Delete($"/v1/programmes/{scene.Programme}/members/{administrator.PrincipalId}")).Expect(
            HttpStatusCode.NoContent
        );
        var yes = new
        {
            code = await world.ReadCodeAsync("jisoo@example.org"),
            name = "Park Jisoo",
            acceptsTerms = true,
        };
        (await world.CallAsync($"/v1/invitations/{invited.Id}/accept", yes)).ExpectProblem(HttpStatusCode.Conflict, "invitation-void");

        // Nobody joins an organization that is closed by now.
        var late = (await InviteAsync(scene.Startup, "organization-owner", scene.Organization)).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("jisoo@example.org");
        (await scene.Startup.Post($"/v1/organizations/{scene.Organization}/close")).Expect(HttpStatusCode.OK);
        (await world.CallAsync($"/v1/invitations/{late.Id}/accept", yes with { code = code })).ExpectProblem(
            HttpStatusCode.Conflict,
            "organization-not-active"
        );

        // Of two who take a role at once, one took it.
        var @operator = $"/v1/providers/{scene.Provider}/operators/{scene.Operator.PrincipalId}";
        var taken = await Task.WhenAll(world.Admin.Delete(@operator), world.Admin.Delete(@operator));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NotFound], taken.Select(one => one.Status).Order());

        static Task<Reply> InviteAsync(Person by, string role, Guid? resource) =>
            by.Post(
                "/v1/invitations",
                new
                {
                    email = "jisoo@example.org",
                    role,
                    resourceId = resource,
                }
            );
    }
}
