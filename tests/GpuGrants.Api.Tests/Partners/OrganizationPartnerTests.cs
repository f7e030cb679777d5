using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>Consents set and clear the partner of an organization. Followers learn of each version of it, once.</summary>
public sealed class OrganizationPartnerTests
{
    [Theory]
    [InlineData("leaves")]
    [InlineData("hands over")]
    [InlineData("erases themselves")]
    [InlineData("ends it")]
    [InlineData("lets it lapse")]
    [InlineData("lets it lapse and gives another")]
    public async Task An_organization_that_loses_its_partner_gets_one_version_and_one_event(string owner)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var portal = await Portal.EnterAsync(world);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var role = owner == "hands over" ? "organization-member" : "organization-owner";
        var ravi = world.PersonOf((await world.JoinAsync(mina, "ravi@example.org", role, organization)).Expect(HttpStatusCode.Created));
        var given = await SeeAsync(world, organization);
        var consent = await portal.EnrolAsync(organization, mina, expiresAt: world.Now.AddDays(1));
        var present = await SeeAsync(world, organization);
        Assert.Equal((given.Version + 1, given.Events + 1, portal.Id), present);

        Guid? partner = null;
        switch (owner)
        {
            case "leaves":
                (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);
                break;
            case "hands over":
                var offered = await mina.Post($"/v1/organizations/{organization}/handovers", new { principalId = ravi.PrincipalId });
                (await ravi.Post($"/v1/handovers/{offered.Expect(HttpStatusCode.Created).Id}/accept")).Expect(HttpStatusCode.OK);
                break;
            case "erases themselves":
                (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
                break;
            case "ends it":
                (await mina.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
                break;
            case "lets it lapse":
                await world.PassAsync(TimeSpan.FromDays(2));
                break;
            default:
                // Nothing has ended the consent when the next one is given.
                world.Clock.Advance(TimeSpan.FromDays(2));
                portal.Person.ForgetToken();
                mina.ForgetToken();
                await portal.EnrolAsync(organization, mina);
                partner = portal.Id;
                break;
        }

        Assert.Equal((present.Version + 1, present.Events + 1, partner), await SeeAsync(world, organization));
    }

    [Fact]
    public async Task A_member_who_leaves_changes_the_organization_with_its_event()
    {
        await using var world = await TestWorld.StartAsync();
        var (organization, owner) = await world.Organization();
        var member = await world.Member($"/v1/organizations/{organization}/members", "organization-member", by: owner);
        var present = await SeeAsync(world, organization);
        (await owner.Delete($"/v1/organizations/{organization}/members/{member.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        Assert.Equal((present.Version + 1, present.Events + 1, present.Partner), await SeeAsync(world, organization));
    }

    private static async Task<(long Version, long Events, Guid? Partner)> SeeAsync(TestWorld world, Guid organization)
    {
        var partner = await world.ScalarAsync<string>(
            "select coalesce(partner_id::text, '') from organizations where id = $1",
            organization
        );
        return (
            await world.ScalarAsync<long>("select version from organizations where id = $1", organization),
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'organization.updated' and resource_id = $1::text",
                organization.ToString()
            ),
            partner.Length == 0 ? null : Guid.Parse(partner)
        );
    }
}
