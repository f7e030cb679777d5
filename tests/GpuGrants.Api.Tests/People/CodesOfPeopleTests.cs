using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>Nobody with a token has codes mailed to strangers without end.</summary>
public sealed class CodesOfPeopleTests
{
    [Fact]
    public async Task One_person_has_few_codes_mailed_whatever_they_are_for_and_through_whichever_program()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:CodesPerHour=3"]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (other, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var helper = await world.Member($"/v1/organizations/{organization}/members", "organization-owner", by: mina);
        (await mina.Patch("/v1/me", new { birthYear = world.Now.Year - 15 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await InviteAsync(mina, organization)).Expect(HttpStatusCode.Accepted);
        (await mina.Post("/v1/me/email-changes", new { email = "new@example.org" })).Expect(HttpStatusCode.Accepted);
        (await InviteAsync(helper, organization)).Expect(HttpStatusCode.Accepted);
        var mails = await world.ScalarAsync<long>("select count(*) from mails");
        foreach (
            var stopped in (Task<Reply>[])
                [
                    InviteAsync(mina, organization),
                    InviteAsync(helper, organization),
                    mina.Post("/v1/me/email-changes", new { email = "newer@example.org" }),
                    mina.Post("/v1/me/confirmations", new { guardianEmail = "parent@example.org" }),
                    mina.Post(
                        $"/v1/organizations/{organization}/domain-proofs",
                        new { domain = "example.org", email = "mina@example.org" }
                    ),
                ]
        )
        {
            var refused = (await stopped).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
            Assert.NotNull(refused.Message.Headers.RetryAfter);
        }

        Assert.Equal(mails, await world.ScalarAsync<long>("select count(*) from mails"));
        // Nobody else waits for them, and they do not wait for long.
        (await InviteAsync(ravi, other)).Expect(HttpStatusCode.Accepted);
        (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        await world.PassAsync(TimeSpan.FromHours(1), mina);
        (await InviteAsync(mina, organization)).Expect(HttpStatusCode.Accepted);
    }

    private static Task<Reply> InviteAsync(Person by, Guid organization) =>
        by.Post(
            "/v1/invitations",
            new
            {
                email = $"{Guid.NewGuid():N}@gmail.com",
                role = "organization-member",
                resourceId = organization,
            }
        );
}
