using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>How many calls a partner may make for others.</summary>
public sealed class PartnerLimitTests
{
    [Fact]
    public async Task One_organization_of_a_portal_leaves_calls_for_the_others()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:CallsPerServed=2", "--RateLimit:WindowSeconds=3600");
        var (portal, first, second) = await ServingAsync(world);
        for (var left = 1; left >= 0; left--)
        {
            var reply = (await portal.Person.Get("/v1/requests", Portal.For(first))).Expect(HttpStatusCode.OK);
            Assert.Contains($"\"served\";r={left}", reply.Message.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        }

        var refused = (await portal.Person.Get("/v1/requests", Portal.For(first))).ExpectProblem(
            HttpStatusCode.TooManyRequests,
            "rate-limited"
        );
        Assert.NotNull(refused.Message.Headers.RetryAfter);
        // Another of the partner's people is no way around.
        var colleague = await world.Member($"/v1/partners/{portal.Id}/members", "partner");
        (await colleague.Get("/v1/requests", Portal.For(first))).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await portal.Person.Get("/v1/requests", Portal.For(second))).Expect(HttpStatusCode.OK);
        (await portal.Person.Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task All_people_of_a_portal_share_what_it_may_call_for_others()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:CallsPerPartner=2", "--RateLimit:WindowSeconds=3600");
        var (portal, first, second) = await ServingAsync(world);
        var colleague = await world.Member($"/v1/partners/{portal.Id}/members", "partner");
        (await portal.Person.Get("/v1/requests", Portal.For(first))).Expect(HttpStatusCode.OK);
        (await colleague.Get("/v1/requests", Portal.For(second))).Expect(HttpStatusCode.OK);
        (await portal.Person.Get("/v1/requests", Portal.For(second))).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        var other = await Portal.EnterAsync(world, "Another portal");
        var (organization, owner) = await world.Organization();
        await other.EnrolAsync(organization, owner);
        (await other.Person.Get("/v1/requests", Portal.For(organization))).Expect(HttpStatusCode.OK);
    }

    private static async Task<(Portal Portal, Guid First, Guid Second)> ServingAsync(TestWorld world)
    {
        var portal = await Portal.EnterAsync(world);
        var (first, firstOwner) = await world.Organization();
        var (second, secondOwner) = await world.Organization();
        await portal.EnrolAsync(first, firstOwner);
        await portal.EnrolAsync(second, secondOwner);
        return (portal, first, second);
    }
}
