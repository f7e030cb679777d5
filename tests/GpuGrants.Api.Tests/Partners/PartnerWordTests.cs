using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>A partner's word brings back only the consents that its own word gave, and its own people ended.</summary>
public sealed class PartnerWordTests
{
    [Theory]
    [InlineData("owner")]
    [InlineData("administrator")]
    [InlineData("removal")]
    [InlineData("time")]
    public async Task A_consent_that_an_owner_gave_by_a_code_comes_back_by_another_code_only(string end)
    {
        await using var world = await TestWorld.StartAsync();
        var (portal, people, body) = await TrustedAsync(world);
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        var organization = Guid.Parse(student.Text_("organizationId"));
        (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        var owner = await AnotherOwnerAsync(world, organization);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var expiresAt = end == "time" ? world.Now.AddDays(2) : (DateTimeOffset?)null;
        var consent = await portal.EnrolAsync(organization, owner, ["read"], expiresAt);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        switch (end)
        {
            case "removal":
                // While it is in force, it stays as the owner gave it.
                (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
                (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
                break;
            case "time":
                // No sweep has ended it yet.
                world.Clock.Advance(TimeSpan.FromDays(3));
                portal.Person.ForgetToken();
                owner.ForgetToken();
                break;
            default:
                var ends = end == "owner" ? owner : world.Admin;
                (await ends.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
                break;
        }

        await ExpectNoReturnAsync(portal, people, body);
        Assert.Equal(2L, await world.ScalarAsync<long>("select count(*) from consents where given_at is not null"));
        await portal.EnrolAsync(organization, owner);
        (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whom_an_administrator_removed_does_not_come_back_by_the_partners_word()
    {
        await using var world = await TestWorld.StartAsync();
        var (portal, people, body) = await TrustedAsync(world);
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        (await world.Admin.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        await ExpectNoReturnAsync(portal, people, body);
    }

    [Fact]
    public async Task A_removal_in_the_same_moment_makes_no_end_by_somebody_else_the_partners()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (portal, people, body) = await TrustedAsync(world);
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        var consent = await world.ScalarAsync<Guid>("select id from consents");
        var (ending, removing) = await world.InOneBatchAsync(
            () => world.Admin.Post($"/v1/consents/{consent}/end"),
            () => portal.Person.Delete($"{people}/{student.Id}")
        );
        ending.Expect(HttpStatusCode.OK);
        removing.Expect(HttpStatusCode.NoContent);
        await ExpectNoReturnAsync(portal, people, body);
    }

    [Fact]
    public async Task What_a_colleague_at_the_partner_ended_comes_back()
    {
        await using var world = await TestWorld.StartAsync();
        var (portal, people, body) = await TrustedAsync(world);
        var colleague = await world.Member($"/v1/partners/{portal.Id}/members", "partner");
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        var consent = await world.ScalarAsync<Guid>("select id from consents");
        (await colleague.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        (await portal.Person.Post(people, body)).Expect(HttpStatusCode.OK);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from consents where status = 'active'"));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from consents where ended_by_partner"));
    }

    [Theory]
    [InlineData("removal")]
    [InlineData("consent")]
    public async Task Who_is_of_the_partner_and_owns_the_organization_ends_a_consent_as_its_owner(string ends)
    {
        await using var world = await TestWorld.StartAsync();
        var (portal, people, body) = await TrustedAsync(world);
        var student = (await portal.Person.Post(people, body)).Expect(HttpStatusCode.Created);
        await OwnAsync(world, portal.Person, Guid.Parse(student.Text_("organizationId")));
        if (ends == "consent")
        {
            var consent = await world.ScalarAsync<Guid>("select id from consents");
            (await portal.Person.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        }

        (await portal.Person.Delete($"{people}/{student.Id}")).Expect(HttpStatusCode.NoContent);
        await ExpectNoReturnAsync(portal, people, body);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from consents where ended_by_partner"));
    }

    private static async Task ExpectNoReturnAsync(Portal portal, string people, object body) =>
        (await portal.Person.Post(people, body)).ExpectProblem(HttpStatusCode.Conflict, "consent-withdrawn", "externalId");

    /// <summary>A partner whose word a programme trusts, the path of its people, and somebody for whom it vouches.</summary>
    private static async Task<(Portal Portal, string People, object Body)> TrustedAsync(TestWorld world)
    {
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var trust = $"/v1/programmes/{scene.Programme}/partners/{portal.Id}";
        (await world.Admin.Put(trust, new { peopleAtMost = 5, peoplePerDay = 5 })).Expect(HttpStatusCode.OK);
        var body = new
        {
            externalId = "student",
            name = "Kim Mina",
            kind = "student",
            country = "KR",
            acceptsTerms = true,
            ofAge = true,
            vouchFor = scene.Programme,
        };
        return (portal, $"/v1/partners/{portal.Id}/people", body);
    }

    /// <summary>Somebody who can sign in, beside the person for whom the partner vouched.</summary>
    private static async Task<Person> AnotherOwnerAsync(TestWorld world, Guid organization)
    {
        var (_, owner) = await world.Organization(name: "Another");
        await OwnAsync(world, owner, organization);
        return owner;
    }

    private static async Task OwnAsync(TestWorld world, Person owner, Guid organization)
    {
        await world.ScalarAsync<long>(
            """
            with given as (
                insert into role_assignments (id, principal_id, role, resource_id, created_by, created_at)
                select gen_random_uuid(), principal_id, 'organization-owner', $2, principal_id, now() from api_clients where client_id = $1
                returning 1)
            select count(*) from given
            """,
            owner.ClientId,
            organization
        );
        // Roles are read anew after five seconds.
        world.Clock.Advance(TimeSpan.FromSeconds(6));
    }
}
