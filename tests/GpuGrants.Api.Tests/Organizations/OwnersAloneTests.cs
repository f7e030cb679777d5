using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Organizations;

/// <summary>Who owns an organization is for its owners to say. Administrators rescue one, which takes time and tells the owner.</summary>
public sealed class OwnersAloneTests
{
    [Fact]
    public async Task An_administrator_takes_no_organization_past_its_owner()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var path = $"/v1/organizations/{organization}/members";
        var me = Guid.Parse((await world.Admin.Get("/v1/me")).Text_("principalId"));
        var before = await world.ScalarAsync<long>("select count(*) from role_assignments");
        foreach (var body in (object[])[new { principalId = me, role = "organization-owner" }, New("organization-owner")])
            (await world.Admin.Post(path, body)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        // Nor do they let themselves in as members.
        (await world.Admin.Post(path, new { principalId = me })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await InviteAsync(world.Admin, "organization-owner")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(before, await world.ScalarAsync<long>("select count(*) from role_assignments"));

        // Whoever belongs to it lets nobody in by the administrator's role.
        (await world.JoinAsync(mina, "boss@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        var boss = world.PersonOf(
            (await world.JoinAsync(world.Admin, "boss@example.org", "platform-administrator", null)).Expect(HttpStatusCode.Created)
        );
        (await boss.Post(path, New("organization-owner"))).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await boss.Post(path, New("organization-member"))).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        var invited = (await InviteAsync(boss, "organization-member")).Expect(HttpStatusCode.Accepted);
        (
            await world.CallAsync(
                $"/v1/invitations/{invited.Id}/accept",
                new
                {
                    code = await world.ReadCodeAsync("friend@example.org"),
                    name = "A friend",
                    acceptsTerms = true,
                }
            )
        ).ExpectProblem(HttpStatusCode.Conflict, "invitation-void");

        // Those whom an outsider may let in still come, and owners name whom they like.
        (await world.Admin.Post(path, New("organization-member"))).Expect(HttpStatusCode.Created);
        (await mina.Post(path, New("organization-owner"))).Expect(HttpStatusCode.Created);
        (await InviteAsync(mina, "organization-owner")).Expect(HttpStatusCode.Accepted);

        Task<Reply> InviteAsync(Person by, string role) =>
            by.Post(
                "/v1/invitations",
                new
                {
                    email = "friend@example.org",
                    role,
                    resourceId = organization,
                }
            );

        static object New(string role) => new { name = "A friend", role };
    }

    [Fact]
    public async Task An_owner_who_is_a_member_too_hands_the_organization_over()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        (await world.JoinAsync(mina, "ravi@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        var ravi = world.PersonOf(
            (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created)
        );
        // Whoever has the role gets no second one, and learns why.
        (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).ExpectProblem(
            HttpStatusCode.Conflict,
            "role-held"
        );
        (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var olga = world.PersonOf(
            (await world.JoinAsync(ravi, "olga@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created)
        );
        var offered = await ravi.Post($"/v1/organizations/{organization}/handovers", new { principalId = olga.PrincipalId });
        (await olga.Post($"/v1/handovers/{offered.Expect(HttpStatusCode.Created).Id}/accept")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ["organization-member", "organization-owner"],
            (await olga.Get($"/v1/organizations/{organization}/members"))["data"]
                .AsArray()
                .Select(one => one!["role"]!.GetValue<string>())
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Whoever_is_to_rescue_an_organization_and_owns_it_by_now_learns_so()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (ravi, rescue) = await RescueAsync(world, organization);
        (await world.JoinAsync(mina, "ravi@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromDays(7), mina, ravi);
        (await ravi.Post($"/v1/handovers/{rescue}/accept")).ExpectProblem(HttpStatusCode.Conflict, "role-held");
    }

    [Fact]
    public async Task Nobody_who_left_gets_the_organization_that_was_handed_to_them_before()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (ravi, rescue) = await RescueAsync(world, organization);
        (await ravi.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        Assert.Equal("stopped", (await mina.Get("/v1/handovers"))["data"][0]!["status"]!.GetValue<string>());
        Assert.Single((await mina.Get("/v1/events?types=handover.stopped"))["data"].AsArray());
        var (_, again) = await world.SignUpAsync("ravi@example.org", "Ravi again");
        await world.PassAsync(TimeSpan.FromDays(7), again);
        (await again.Post($"/v1/handovers/{rescue}/accept")).ExpectProblem(HttpStatusCode.Conflict, "handover-not-open");
    }

    [Fact]
    public async Task An_administrator_gets_no_secret_of_somebody_who_signed_up()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var path = $"/v1/organizations/{organization}/members";
        var program = await world.Named(path, null, mina);
        foreach (var one in (Person[])[mina, program])
        {
            (await world.Admin.Post($"/v1/clients/{one.ClientId}/rotate")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
            (await one.AskTokenAsync()).Expect(HttpStatusCode.OK);
        }

        // Those whom an administrator only named have no mail to recover by.
        var named = await world.Named(path, null);
        (await world.Admin.Post($"/v1/clients/{named.ClientId}/rotate")).Expect(HttpStatusCode.OK);
        (await mina.Post($"/v1/clients/{mina.ClientId}/rotate")).Expect(HttpStatusCode.OK);
    }

    /// <summary>An administrator hands the organization to somebody else.</summary>
    private static async Task<(Person To, Guid Handover)> RescueAsync(TestWorld world, Guid organization)
    {
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var body = new { principalId = ravi.PrincipalId, reason = "The owner is gone" };
        var handover = await world.Admin.Post($"/v1/organizations/{organization}/handovers", body);
        return (ravi, handover.Expect(HttpStatusCode.Created).Id);
    }
}
