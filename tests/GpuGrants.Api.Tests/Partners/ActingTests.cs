using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>
/// The transaction that acts proves the consent by its version, its status, its end and both sides. Each of these stops a replica that
/// judges by what it read before, also where none of the others does.
/// </summary>
public sealed class ActingTests
{
    [Theory]
    [InlineData("update consents set version = version + 1, scopes = '{read}'")]
    [InlineData("update consents set status = 'ended', ended_at = given_at, ended_by = given_by")]
    [InlineData("update consents set expires_at = given_at + interval '1 second'")]
    [InlineData("update partners set status = 'suspended'")]
    [InlineData("update principals set status = 'disabled' where id in (select given_by from consents)")]
    public async Task What_no_longer_holds_carries_out_nothing_whatever_a_replica_remembers(string change)
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var elsewhere = portal.Person.On(second);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        (await elsewhere.Ask(scene.Programme, 1, null, Portal.For(scene.Organization))).Expect(HttpStatusCode.Created);
        // No command makes such a change by itself. Triggers that refuse it are out of the way, so that one proof alone is asked.
        await world.ScalarAsync<long>(
            $"alter table consents disable trigger user; {change}; alter table consents enable trigger user; select count(*) from consents"
        );
        var refused = await elsewhere.Ask(scene.Programme, 1, null, Portal.For(scene.Organization));
        Assert.InRange((int)refused.Status, 400, 404);
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Fact]
    public async Task A_persons_memberships_are_those_of_the_moment_also_where_nothing_else_of_the_consent_changed()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var elsewhere = portal.Person.On(second);
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member");
        var code = (await member.Post("/v1/me/consents", new { scopes = Portal.Everything, partnerId = portal.Id }))
            .Expect(HttpStatusCode.Created)
            .Text_("code");
        (await portal.Person.Post("/v1/consents", new { code })).Expect(HttpStatusCode.Created);
        var (body, forMember) = (new { organizationId = scene.Organization }, Portal.ForPerson(member.PrincipalId));
        (await elsewhere.Ask(scene.Programme, 1, body, forMember)).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            "alter table role_assignments disable trigger user; "
                + $"delete from role_assignments where principal_id = '{member.PrincipalId}'; "
                + "alter table role_assignments enable trigger user; "
                + $"update principals set version = version + 1 where id = '{member.PrincipalId}'; select count(*) from principals"
        );
        var refused = await elsewhere.Ask(scene.Programme, 1, body, forMember);
        refused.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "organizationId");
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from requests"));
    }
}
