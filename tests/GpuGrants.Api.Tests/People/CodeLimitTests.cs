using System.Net;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>What strangers can use up, and of whom.</summary>
public sealed class CodeLimitTests
{
    private const string UnknownCode = "0000-0000-0000-0000-0000";

    [Fact]
    public async Task All_addresses_of_one_IPv6_network_are_one_address_in_every_limit()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--Proxies:Addresses:0=127.0.0.1",
            "--SignUp:CallsPerAddress=5",
            "--RateLimit:CallsPerAddress=2",
            "--RateLimit:WindowSeconds=3600",
            "--Codes:WrongPerAddress=2",
        ]);
        await ExpectOneAsync(ReadAsync, HttpStatusCode.OK);
        await ExpectOneAsync(GuessAsync, HttpStatusCode.BadRequest);
        for (var i = 0; i < 2; i++)
            (await SignUpAsync($"2001:db8:1:2::a{i}")).Expect(HttpStatusCode.Accepted);
        (await SignUpAsync("2001:db8:1:2::a9")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await SignUpAsync("2001:db8:1:3::a9")).Expect(HttpStatusCode.Accepted);

        static async Task ExpectOneAsync(Func<string, Task<Reply>> call, HttpStatusCode passes)
        {
            for (var i = 0; i < 2; i++)
                (await call($"2001:db8:1:2::{i}")).Expect(passes);
            (await call("2001:db8:1:2::9")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
            (await call("2001:db8:1:3::9")).Expect(passes);
        }

        async Task<Reply> ReadAsync(string from)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, "/v1/offers");
            message.Headers.Add("X-Forwarded-For", from);
            return await Person.SendAsync(world.Http, message);
        }

        Task<Reply> GuessAsync(string from) => SignUpAsync(from, UnknownCode);

        Task<Reply> SignUpAsync(string from, string? code = null) =>
            world.CallAsync("/v1/sign-ups", Stated($"{Guid.NewGuid():N}@example.org", code), ("X-Forwarded-For", from));
    }

    [Fact]
    public async Task Sign_ups_that_use_up_a_domain_keep_nobody_from_recovering_or_being_invited()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:CodesPerDomain=2"]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        (await world.StartSignUpAsync("a@example.org")).Expect(HttpStatusCode.Accepted);
        (await world.StartSignUpAsync("b@example.org")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
        (
            await mina.Post(
                "/v1/invitations",
                new
                {
                    email = "ravi@example.org",
                    role = "organization-member",
                    resourceId = organization,
                }
            )
        ).Expect(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Nobody_uses_up_the_domain_of_a_mail_service()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--SignUp:CodesPerDomain=1",
            "--DomainProofs:MailServices:0=post.example",
        ]);
        foreach (var domain in (string[])["gmail.com", "naver.com", "post.example"])
        foreach (var name in (string[])["a", "b", "c"])
            (await world.StartSignUpAsync($"{name}@{domain}")).Expect(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_sign_up_with_a_wrong_grant_code_uses_up_no_window_of_the_address_or_its_domain()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:CodesPerDomain=1", "--SignUp:CodesPerEmail=1"]);
        for (var i = 0; i < 2; i++)
            (await world.StartSignUpWith(UnknownCode, "mina@example.org")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "code-wrong",
                "grantCode"
            );
        (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
    }

    private static object Stated(string email, string? code) =>
        new Dictionary<string, object?>
        {
            ["email"] = email,
            ["name"] = "Kim Minji",
            ["organizationName"] = "Kim Minji",
            ["kind"] = "student",
            ["country"] = "KR",
            ["acceptsTerms"] = true,
            ["grantCode"] = code,
        }
            .Where(one => one.Value is not null)
            .ToDictionary();
}
