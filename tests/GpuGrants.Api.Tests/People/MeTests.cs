using System.Net;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

public sealed class MeTests
{
    [Fact]
    public async Task A_lost_secret_is_replaced_by_a_mailed_code()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var started = (await world.CallAsync("/v1/recoveries", new { email = "Mina+lost@example.org" })).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        var path = $"/v1/recoveries/{started.Id}/confirm";
        (await world.CallAsync(path, new { code = code == "11111111" ? "22222222" : "11111111" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "code-wrong"
        );
        (await world.CallAsync(path, new { code, clientId = "cl_other" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "clientId");
        var renewed = (await world.CallAsync(path, new { code })).Expect(HttpStatusCode.OK);
        Assert.Equal(mina.ClientId, renewed["client"]["clientId"]!.GetValue<string>());
        (await mina.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        (await mina.AskTokenAsync(secret: renewed["client"]["clientSecret"]!.GetValue<string>())).Expect(HttpStatusCode.OK);
        (await world.Holder(renewed["token"]["accessToken"]!.GetValue<string>()).Get("/v1/me")).Expect(HttpStatusCode.OK);

        (await world.CallAsync("/v1/recoveries", new { email = "nobody@example.org" })).Expect(HttpStatusCode.Accepted);
        await world.ExpectNoMailAsync("nobody@example.org");
    }

    [Fact]
    public async Task A_person_changes_name_and_language()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var changed = (await mina.Patch("/v1/me", new { name = "Kim Mina", language = "ko" }, ("If-Match", "\"1\""))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(("Kim Mina", "ko"), (changed.Text_("name"), changed.Text_("language")));
        (await mina.Patch("/v1/me", new { name = "Late" }, ("If-Match", "\"1\""))).ExpectProblem(
            HttpStatusCode.PreconditionFailed,
            "stale"
        );
        (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        Assert.Contains("비밀키", await world.ReadMailAsync("mina@example.org"), StringComparison.Ordinal);
        (await world.Admin.Patch("/v1/me", new { name = "Root" }, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Conflict, "no-person");
    }

    [Fact]
    public async Task A_person_moves_to_an_address_when_both_addresses_agree()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var started = (await mina.Post("/v1/me/email-changes", new { email = "mina@example.net" })).Expect(HttpStatusCode.Accepted);
        var (oldCode, newCode) = (await world.ReadCodeAsync("mina@example.org"), await world.ReadCodeAsync("mina@example.net"));
        var path = $"/v1/me/email-changes/{started.Id}/confirm";
        // Whoever reads one of both mailboxes has not enough.
        foreach (
            var guess in (object[])
                [new { oldCode = newCode, newCode = oldCode }, new { oldCode = newCode, newCode }, new { oldCode, newCode = oldCode }]
        )
            (await mina.Post(path, guess)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong");
        var moved = (await mina.Post(path, new { oldCode, newCode })).Expect(HttpStatusCode.OK);
        Assert.Equal("mina@example.net", moved.Text_("email"));

        // The earlier address is nobody else's, and the new one is hers.
        (await world.ConfirmSignUpAsync("mina@example.org", "New")).ExpectProblem(HttpStatusCode.Conflict, "address-taken");
        var again = (await world.ConfirmSignUpAsync("mina@example.net", "Second")).Expect(HttpStatusCode.Created);
        Assert.Equal(mina.PrincipalId.ToString(), again["person"]["id"]!.GetValue<string>());

        var taken = (await mina.Post("/v1/me/email-changes", new { email = "ravi@example.org" })).Expect(HttpStatusCode.Accepted);
        var codes = new
        {
            oldCode = await world.ReadCodeAsync("mina@example.net"),
            newCode = await world.ReadCodeAsync("ravi@example.org"),
        };
        (await mina.Post($"/v1/me/email-changes/{taken.Id}/confirm", codes)).ExpectProblem(HttpStatusCode.Conflict, "address-taken");
    }

    [Fact]
    public async Task Whoever_leaves_is_forgotten_and_keeps_only_an_id()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync("mina@example.org", "Lone developer Mina", "individual");
        var grant = (await mina.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId");
        (await mina.Delete("/v1/me")).ExpectProblem(HttpStatusCode.Conflict, "sole-owner");
        (await mina.Post($"/v1/grants/{grant}/close", new { })).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);

        foreach (var text in (string[])["mina@example.org", "Kim Minji", "Lone developer Mina"])
            Assert.Equal(0, await world.CountRowsWithAsync(text));
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);
        (await mina.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        Assert.Equal("closed", (await world.Admin.Get($"/v1/organizations/{organization}")).Text_("status"));
        (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        await world.ExpectNoMailAsync("mina@example.org");

        var back = (await world.ConfirmSignUpAsync("mina+back@example.org", "Mina again")).Expect(HttpStatusCode.Created);
        Assert.Equal(mina.PrincipalId.ToString(), back["person"]["id"]!.GetValue<string>());
        Assert.Equal("mina+back@example.org", back["person"]["email"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_suspended_person_does_not_get_in_again_by_signing_up()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        await world.ScalarAsync<Guid>("update principals set status = 'disabled' where id = $1 returning id", mina.PrincipalId);
        (await world.ConfirmSignUpAsync("mina@example.org", "Again")).ExpectProblem(HttpStatusCode.Forbidden, "person-suspended");
    }

    [Fact]
    public async Task Whoever_leaves_an_organization_with_other_owners_leaves_it_open()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        Assert.Equal("active", (await world.Admin.Get($"/v1/organizations/{organization}")).Text_("status"));
    }

    [Fact]
    public async Task With_a_person_all_ends_that_acts_for_the_person()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var members = $"/v1/organizations/{organization}/members";
        var program = await world.Member(members, "organization-owner", by: mina);
        (await program.Get("/v1/me")).Expect(HttpStatusCode.OK);
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(organization, mina);
        var grant = (await mina.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId");
        // The program is no other person.
        (await mina.Delete("/v1/me")).ExpectProblem(HttpStatusCode.Conflict, "sole-owner");
        (await mina.Post($"/v1/grants/{grant}/close", new { })).Expect(HttpStatusCode.OK);
        var calls = await Task.WhenAll([
            .. Enumerable.Range(0, 6).Select(i => mina.Post("/v1/clients", new { name = $"Client {i}" })),
            mina.Delete("/v1/me"),
            .. Enumerable.Range(0, 6).Select(i => mina.Post(members, new { name = $"Program {i}", role = "organization-member" })),
        ]);
        calls[6].Expect(HttpStatusCode.NoContent);
        (await program.Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);
        (await program.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        Assert.Equal("closed", (await world.Admin.Get($"/v1/organizations/{organization}")).Text_("status"));
        Assert.Equal("ended", await world.ScalarAsync<string>("select status from consents"));
        Assert.Equal(
            (0L, 0L),
            (
                await world.ScalarAsync<long>(
                    "select count(*) from api_clients c join principals p on p.id = c.principal_id "
                        + "where p.person_id = $1 and c.status = 'active'",
                    mina.PrincipalId
                ),
                await world.ScalarAsync<long>(
                    "select count(*) from role_assignments r join principals p on p.id = r.principal_id where p.person_id = $1",
                    mina.PrincipalId
                )
            )
        );
    }

    [Fact]
    public async Task Who_leaves_while_others_leave_or_ask_leaves_no_grant_without_an_owner()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Pipeline:Shards=4"]);
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        for (var round = 0; round < 3; round++)
        {
            var (organization, mina) = await world.SignUpAsync($"mina{round}@example.org");
            var joined = await world.JoinAsync(mina, $"ravi{round}@example.org", "organization-owner", organization);
            var ravi = world.PersonOf(joined.Expect(HttpStatusCode.Created)).On(second);
            (await mina.Ask(scene.Programme, 1, new { organizationId = organization })).Expect(HttpStatusCode.Created);
            var left = await Task.WhenAll(mina.Delete("/v1/me"), ravi.Delete("/v1/me"));
            Assert.Single(left, one => one.Status == HttpStatusCode.NoContent);
            Assert.Single(left, one => one.Status == HttpStatusCode.Conflict);

            var (alone, jun) = await world.SignUpAsync($"jun{round}@example.org");
            var elsewhere = jun.On(second);
            (await elsewhere.Get("/v1/me")).Expect(HttpStatusCode.OK);
            var asking = Enumerable.Range(0, 4).Select(_ => elsewhere.Ask(scene.Programme, 1));
            var replies = await Task.WhenAll([jun.Delete("/v1/me"), .. asking]);
            var grants = await world.ScalarAsync<long>("select count(*) from grants where organization_id = $1", alone);
            Assert.Equal(replies[0].Status == HttpStatusCode.NoContent, grants == 0);
        }
    }
}
