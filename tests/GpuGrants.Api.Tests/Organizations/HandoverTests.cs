using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Organizations;

/// <summary>Ownership goes to a member by an offer, and to somebody else when the only owner has vanished.</summary>
public sealed class HandoverTests
{
    [Fact]
    public async Task A_member_who_accepts_owns_the_organization_and_the_old_owner_is_a_member()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:OrganizationsPerPerson=2"]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var path = $"/v1/organizations/{organization}/handovers";
        // Who is no member is nobody, whether there is such a person or not.
        var stranger = await StartAsync(mina, path, ravi);
        stranger.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "principalId");
        var nobody = await mina.Post(path, new { principalId = Guid.NewGuid() });
        Assert.Equal(stranger["errors"].ToJsonString(), nobody["errors"].ToJsonString());
        (await world.JoinAsync(mina, "ravi@example.org", "organization-member", organization)).Expect(HttpStatusCode.Created);
        (await StartAsync(ravi, path, ravi)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await StartAsync(mina, path, mina)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "principalId");
        var first = (await StartAsync(mina, path, ravi)).Expect(HttpStatusCode.Created);
        Assert.Equal(("offer", "open"), (first.Text_("kind"), first.Text_("status")));
        (await StartAsync(mina, path, ravi)).ExpectProblem(HttpStatusCode.Conflict, "handover-open");
        (await mina.Post($"/v1/handovers/{first.Id}/accept")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await ravi.Post($"/v1/handovers/{first.Id}/stop")).Expect(HttpStatusCode.OK);
        (await ravi.Post($"/v1/handovers/{first.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "handover-not-open");

        // Nobody owns more than one person may.
        var offered = (await StartAsync(mina, path, ravi)).Expect(HttpStatusCode.Created);
        var other = (await ravi.NewOrganization("Second")).Expect(HttpStatusCode.Created);
        (await ravi.Post($"/v1/handovers/{offered.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");
        (await ravi.Post($"/v1/organizations/{other.Id}/close")).Expect(HttpStatusCode.OK);
        (await ravi.Post($"/v1/handovers/{offered.Id}/accept")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            [(ravi.PrincipalId, "organization-owner"), (mina.PrincipalId, "organization-member")],
            (await ravi.Get($"/v1/organizations/{organization}/members"))["data"]
                .AsArray()
                .Select(one => (Guid.Parse(one!["principalId"]!.GetValue<string>()), one["role"]!.GetValue<string>()))
                .OrderByDescending(one => one.Item2)
        );
        (await mina.Patch($"/v1/organizations/{organization}", new { name = "Mine" }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Forbidden,
            "forbidden"
        );
        Assert.Equal(
            ["handover.started", "handover.stopped", "handover.started", "handover.accepted"],
            (await ravi.Get("/v1/events?types=handover.*"))["data"].AsArray().Select(one => one!["type"]!.GetValue<string>())
        );

        // The past is dated history as that of any role.
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from past_roles where principal_id = $1 and role = 'organization-owner'",
                mina.PrincipalId
            )
        );

        // Whoever is no longer a member, or no longer the owner, makes an offer void.
        var back = (await StartAsync(ravi, path, mina)).Expect(HttpStatusCode.Created);
        (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await mina.Post($"/v1/handovers/{back.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "handover-not-open");
    }

    [Fact]
    public async Task An_administrator_rescues_an_organization_that_its_old_owner_does_not_claim()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var (_, olga) = await world.SignUpAsync("olga@example.org", "Olga's lab");
        var path = $"/v1/organizations/{organization}/handovers";
        (await world.Admin.Post(path, new { principalId = ravi.PrincipalId })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "reason"
        );
        var admin = await world.Member("/v1/administrators", "platform-administrator");
        (await RescueAsync(world.Admin, admin.PrincipalId)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "principalId");

        // Nobody gives it to themselves, or to people of an organization that they belong to.
        var joined = (await world.JoinAsync(olga, "boss@example.org", "organization-member", await OrganizationOfAsync(olga))).Expect(
            HttpStatusCode.Created
        );
        // The client of the later invitation has the scopes of an administrator.
        Assert.NotNull(joined["person"]);
        var boss = world.PersonOf(
            (await world.JoinAsync(world.Admin, "boss@example.org", "platform-administrator", null)).Expect(HttpStatusCode.Created)
        );
        (await RescueAsync(boss, boss.PrincipalId)).ExpectProblem(HttpStatusCode.Conflict, "own-request");
        (await RescueAsync(boss, olga.PrincipalId)).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        Assert.Empty((await mina.Get("/v1/handovers"))["data"].AsArray());

        var first = (await RescueAsync(world.Admin, ravi.PrincipalId)).Expect(HttpStatusCode.Created);
        Assert.Equal(("rescue", "The owner is gone"), (first.Text_("kind"), first.Text_("reason")));
        Assert.Contains("/v1/handovers", await world.ReadMailAsync("mina@example.org"), StringComparison.Ordinal);
        Assert.Equal(first.Id, (await mina.Get("/v1/handovers"))["data"].AsArray().Single()!["id"]!.GetValue<Guid>());
        (await ravi.Post($"/v1/handovers/{first.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "handover-waits");
        (await olga.Post($"/v1/handovers/{first.Id}/accept")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Single((await mina.Get("/v1/events?types=handover.started"))["data"].AsArray());
        (await mina.Post($"/v1/handovers/{first.Id}/stop")).Expect(HttpStatusCode.OK);
        (await ravi.Post($"/v1/handovers/{first.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "handover-not-open");

        var second = (await RescueAsync(world.Admin, ravi.PrincipalId)).Expect(HttpStatusCode.Created);
        await world.ReadMailAsync("mina@example.org");
        await world.PassAsync(TimeSpan.FromDays(7), mina, ravi, olga, admin);
        (await ravi.Post($"/v1/handovers/{second.Id}/accept")).Expect(HttpStatusCode.OK);
        (await ravi.Patch($"/v1/organizations/{organization}", new { name = "Rescued" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await mina.Get($"/v1/organizations/{organization}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");

        // Whoever let another owner in while a rescue waited has not vanished.
        var third = (await RescueAsync(world.Admin, mina.PrincipalId)).Expect(HttpStatusCode.Created);
        (await world.JoinAsync(ravi, "olga@example.org", "organization-owner", organization)).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromDays(7), mina, ravi, olga);
        (await mina.Post($"/v1/handovers/{third.Id}/accept")).ExpectProblem(HttpStatusCode.Conflict, "several-owners");
        (await ravi.Post($"/v1/handovers/{third.Id}/stop")).Expect(HttpStatusCode.OK);

        // Where another owner is there, nobody has to rescue.
        (await RescueAsync(world.Admin, mina.PrincipalId)).ExpectProblem(HttpStatusCode.Conflict, "several-owners");

        Task<Reply> RescueAsync(Person by, Guid to) => by.Post(path, new { principalId = to, reason = "The owner is gone" });

        async Task<Guid> OrganizationOfAsync(Person person) =>
            Guid.Parse((await person.Get("/v1/organizations"))["data"][0]!["id"]!.GetValue<string>());
    }

    private static Task<Reply> StartAsync(Person by, string path, Person to) => by.Post(path, new { principalId = to.PrincipalId });
}
