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

    [Fact]
    public async Task A_stranger_who_starts_as_many_sign_ups_as_they_can_keeps_no_colleague_out()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--Proxies:Addresses:0=127.0.0.1",
            "--SignUp:CodesPerEmail=2",
            "--SignUp:CodesPerEmailInAll=5",
            "--SignUp:CodesPerDomain=4",
            "--SignUp:SignUpsPerDomain=2",
        ]);
        var (_, olga) = await world.SignUpAsync("olga@acme.example");
        foreach (var path in (string[])["/v1/sign-ups", "/v1/recoveries"])
        {
            var passed = 0;
            // Another address of the same network each time; first those of colleagues, then invented ones.
            for (var i = 0; i < 12; i++)
                passed +=
                    (await StartAsync(path, i < 6 ? "mina@acme.example" : $"nobody{i}@acme.example", $"2001:db8:1:2::{i + 1}")).Status
                    == HttpStatusCode.Accepted
                        ? 1
                        : 0;
            Assert.Equal(4, passed);
            (await StartAsync(path, "ravi@acme.example", "2001:db8:1:2::99")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        }

        (await StartAsync("/v1/recoveries", "olga@acme.example", "192.0.2.7")).Expect(HttpStatusCode.Accepted);
        Assert.Equal(8, (await world.ReadCodeAsync("olga@acme.example")).Length);
        (await ConfirmAsync("ravi@acme.example", "192.0.2.7")).Expect(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.OK, (await olga.Get("/v1/me")).Status);

        Task<Reply> StartAsync(string path, string email, string from) =>
            world.CallAsync(path, path == "/v1/sign-ups" ? Stated(email, null) : new { email }, ("X-Forwarded-For", from));

        async Task<Reply> ConfirmAsync(string email, string from)
        {
            var started = (await StartAsync("/v1/sign-ups", email, from)).Expect(HttpStatusCode.Accepted);
            return await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code = await world.ReadCodeAsync(email) });
        }
    }

    [Fact]
    public async Task Many_networks_together_flood_no_mailbox()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--Proxies:Addresses:0=127.0.0.1",
            "--SignUp:CodesPerEmail=2",
            "--SignUp:CodesPerEmailInAll=3",
        ]);
        var passed = 0;
        for (var i = 0; i < 8; i++)
            passed +=
                (
                    await world.CallAsync("/v1/sign-ups", Stated("mina@acme.example", null), ("X-Forwarded-For", $"2001:db8:1:{i / 2}::1"))
                ).Status == HttpStatusCode.Accepted
                    ? 1
                    : 0;
        Assert.Equal(3, passed);
    }

    [Fact]
    public async Task New_people_of_one_domain_are_bounded_when_they_confirm_over_all_replicas()
    {
        string[] settings = [.. Mailbox.Settings, "--SignUp:SignUpsPerDomain=3"];
        await using var world = await TestWorld.StartAsync(settings);
        await using var second = await world.StartSecondAsync(settings);
        await world.SignUpAsync("mina@acme.example");
        await world.SignUpAsync("ravi@acme.example");
        // All of these were mailed a code while there was room for one more.
        var calls = new List<(string Path, string Code)>();
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            var started = (await world.StartSignUpAsync($"{name}@acme.example")).Expect(HttpStatusCode.Accepted);
            calls.Add(($"/v1/sign-ups/{started.Id}/confirm", await world.ReadCodeAsync($"{name}@acme.example")));
        }

        // A wrong code brings nobody in, and counts for nobody.
        (await world.CallAsync(calls[0].Path, new { code = calls[0].Code == "00000000" ? "00000001" : "00000000" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "code-wrong"
        );
        var replies = await Task.WhenAll(
            calls.Select((one, i) => (i % 2 == 0 ? world : second).CallAsync(one.Path, new { code = one.Code }))
        );
        Reply.ExpectOne(replies, HttpStatusCode.Created, "too-many-sign-ups");
        Assert.Equal(3L, await world.ScalarAsync<long>("select count(*) from people where email like '%@acme.example'"));

        // No code is mailed in vain; whoever is known, and whoever is elsewhere, is not concerned.
        (await second.StartSignUpAsync("e@acme.example")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await world.CallAsync("/v1/recoveries", new { email = "mina@acme.example" })).Expect(HttpStatusCode.Accepted);
        await world.SignUpAsync("mina@elsewhere.example");
        await world.PassAsync(TimeSpan.FromHours(1));
        await world.SignUpAsync("e@acme.example");
    }

    [Fact]
    public async Task Whoever_owns_a_domain_brings_no_more_people_by_the_names_below_it()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--SignUp:SignUpsPerDomain=2",
            "--SignUp:CodesPerDomain=3",
        ]);
        await world.SignUpAsync("a@a1.evil.example");
        await world.SignUpAsync("b@mail.a2.evil.example");
        (await world.StartSignUpAsync("c@a3.evil.example")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        await world.SignUpAsync("a@another.example");
        await world.PassAsync(TimeSpan.FromHours(1));
        // So do the codes that one caller has mailed there.
        foreach (var name in (string[])["d@a4", "e@a5", "f@a6"])
            (await world.StartSignUpAsync($"{name}.evil.example")).Expect(HttpStatusCode.Accepted);
        (await world.StartSignUpAsync("g@a7.evil.example")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
    }

    [Fact]
    public async Task Invitations_to_a_domain_count_for_whoever_invites()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:CodesPerDomain=1"]);
        var (first, mina) = await world.SignUpAsync("mina@example.org");
        var (second, ravi) = await world.SignUpAsync("ravi@example.net", "Ravi's lab");
        (await InviteAsync(mina, first, "a")).Expect(HttpStatusCode.Accepted);
        (await InviteAsync(mina, first, "b")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await InviteAsync(ravi, second, "b")).Expect(HttpStatusCode.Accepted);

        static Task<Reply> InviteAsync(Person by, Guid organization, string name) =>
            by.Post(
                "/v1/invitations",
                new
                {
                    email = $"{name}@acme.example",
                    role = "organization-member",
                    resourceId = organization,
                }
            );
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
