using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>What a caller may do is proved in the transaction that decides, whatever a replica remembers.</summary>
public sealed class AuthorityTests
{
    [Fact]
    public async Task A_role_that_was_taken_carries_out_nothing_more_on_any_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member");
        var elsewhere = member.On(second);
        (await elsewhere.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        (await world.Admin.Delete($"/v1/organizations/{scene.Organization}/members/{member.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var refused = await elsewhere.Ask(scene.Programme, 1, new { organizationId = scene.Organization });
        Assert.True((int)refused.Status is >= 400 and < 500, $"{refused.Status}: {refused.Text}");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Fact]
    public async Task A_client_that_was_revoked_carries_out_nothing_more_on_any_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var elsewhere = scene.Startup.On(second);
        (await elsewhere.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/clients/{scene.Startup.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        (await elsewhere.Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Fact]
    public async Task An_organization_that_was_suspended_is_denied_on_every_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var elsewhere = scene.Startup.On(second);
        (await elsewhere.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var seen = await world.Admin.Get($"/v1/organizations/{scene.Organization}");
        (await world.Admin.Patch($"/v1/organizations/{scene.Organization}", new { status = "suspended" }, ("If-Match", seen.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("denied", (await elsewhere.Ask(scene.Programme, 1)).Text_("status"));
    }

    [Fact]
    public async Task Whose_roles_grew_meanwhile_is_judged_again_and_answered_as_if_nothing_had_been()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var (another, _) = await world.Organization(name: "Another");
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member");
        var elsewhere = member.On(second);
        (await elsewhere.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        (
            await world.Admin.Post(
                $"/v1/organizations/{another}/members",
                new { principalId = member.PrincipalId, role = "organization-member" }
            )
        ).Expect(HttpStatusCode.Created);
        // The other replica still judges by what it read: the transaction finds that it is old, and the endpoint judges once more.
        (await AskAsync()).Expect(HttpStatusCode.Created);
        Assert.True((await AskAsync()).IsReplay);
        (await elsewhere.Ask(scene.Programme, 1, new { organizationId = another })).Expect(HttpStatusCode.Created);

        Task<Reply> AskAsync() =>
            elsewhere.Ask(scene.Programme, 1, new { organizationId = scene.Organization }, ("Idempotency-Key", "once"));
    }
}
