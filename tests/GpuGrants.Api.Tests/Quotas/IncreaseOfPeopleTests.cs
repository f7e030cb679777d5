using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>A higher limit of a person benefits all organizations of that person.</summary>
public sealed class IncreaseOfPeopleTests
{
    [Fact]
    public async Task Nobody_of_another_organization_of_the_person_raises_a_limit_of_the_person()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.Lifetime("20", id: "per-person", level: "person"));
        var policy = await world.PolicyId();
        var (first, mina) = await world.SignUpAsync("mina@example.org");
        var second = (await mina.NewOrganization("Second lab")).Expect(HttpStatusCode.Created).Id;
        var (colleague, outsider) = (await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme));
        (await world.Admin.Post($"/v1/organizations/{second}/members", new { principalId = colleague.PrincipalId })).Expect(
            HttpStatusCode.Created
        );
        var asked = (
            await mina.Post(
                "/v1/quota-increases",
                new
                {
                    policyId = policy,
                    ruleId = "per-person",
                    organizationId = first,
                    limit = 80,
                    reason = "A paper deadline",
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", asked.Text_("status"));
        (await Approve(colleague)).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        (await Approve(outsider)).Expect(HttpStatusCode.OK);

        Task<Reply> Approve(Person by) => by.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag));
    }
}
