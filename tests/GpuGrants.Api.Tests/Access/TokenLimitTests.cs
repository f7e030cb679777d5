using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>How often tokens may be asked for.</summary>
public sealed class TokenLimitTests
{
    [Fact]
    public async Task A_client_that_asks_for_too_many_tokens_waits_and_others_do_not()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:TokensPerClient=2", "--RateLimit:WindowSeconds=3600");
        var other = new Person(world.Http, "cl_unknown", "gg_wrong", Guid.Empty);
        var first = (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal("\"client\";q=2;w=3600", first.Message.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Equal("\"client\";r=1;t=3600", first.Message.Headers.GetValues("RateLimit").Single());
        (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
        var refused = (await world.Admin.AskTokenAsync()).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Equal(TimeSpan.FromHours(1), refused.Message.Headers.RetryAfter!.Delta);
        Assert.Equal("\"client\";r=0;t=3600", refused.Message.Headers.GetValues("RateLimit").Single());
        (await other.AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Retry_After_says_the_seconds_that_are_left_until_a_call_passes()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:TokensPerClient=1", "--RateLimit:WindowSeconds=60");
        (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(42.5));
        var refused = (await world.Admin.AskTokenAsync()).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Equal(TimeSpan.FromSeconds(18), refused.Message.Headers.RetryAfter!.Delta);
        Assert.Equal("\"client\";r=0;t=18", refused.Message.Headers.GetValues("RateLimit").Single());
        world.Clock.Advance(TimeSpan.FromSeconds(17));
        Assert.Equal(TimeSpan.FromSeconds(1), (await world.Admin.AskTokenAsync()).Message.Headers.RetryAfter!.Delta);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_is_the_same_whether_it_sends_its_id_in_the_form_or_in_the_header()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:TokensPerClient=1", "--RateLimit:WindowSeconds=3600");
        (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
        using var message = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{world.Admin.ClientId}:{world.Admin.ClientSecret}"))
        );
        (await Person.SendAsync(world.Http, message)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
    }

    [Fact]
    public async Task Wrong_secrets_slow_the_address_that_tries_and_never_the_client()
    {
        await using var world = await TestWorld.StartAsync(
            "--RateLimit:TokensPerClient=2",
            "--RateLimit:MistakesPerAddress=3",
            "--RateLimit:WindowSeconds=3600",
            "--Proxies:Addresses:0=127.0.0.1"
        );
        for (var i = 0; i < 3; i++)
            (await AskAsync("203.0.113.9", "gg_wrong")).Expect(HttpStatusCode.Unauthorized);
        var refused = (await AskAsync("203.0.113.9", "gg_wrong")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Contains("\"mistakes\";r=0;t=3600", refused.Message.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        (await AskAsync("203.0.113.10", world.Admin.ClientSecret)).Expect(HttpStatusCode.OK);
        // All addresses of one IPv6 network are one address.
        for (var i = 0; i < 3; i++)
            (await AskAsync($"2001:db8:1:2::{i}", "gg_wrong")).Expect(HttpStatusCode.Unauthorized);
        (await AskAsync("2001:db8:1:2::9", "gg_wrong")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await AskAsync("2001:db8:1:3::9", world.Admin.ClientSecret)).Expect(HttpStatusCode.OK);

        Task<Reply> AskAsync(string address, string secret) => AskFromAsync(world, address, secret);
    }

    [Fact]
    public async Task A_forwarded_address_counts_from_configured_proxies_only()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:MistakesPerAddress=1", "--RateLimit:WindowSeconds=3600");
        (await AskFromAsync(world, "203.0.113.9", "gg_wrong")).Expect(HttpStatusCode.Unauthorized);
        (await AskFromAsync(world, "203.0.113.10", "gg_wrong")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        await using var elsewhere = await TestWorld.StartAsync(
            "--RateLimit:MistakesPerAddress=1",
            "--RateLimit:WindowSeconds=3600",
            "--Proxies:Networks:0=10.0.0.0/8"
        );
        (await AskFromAsync(elsewhere, "203.0.113.9", "gg_wrong")).Expect(HttpStatusCode.Unauthorized);
        (await AskFromAsync(elsewhere, "203.0.113.10", "gg_wrong")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
    }

    private static async Task<Reply> AskFromAsync(TestWorld world, string address, string secret)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent([
                new("grant_type", "client_credentials"),
                new("client_id", world.Admin.ClientId),
                new("client_secret", secret),
            ]),
        };
        message.Headers.Add("X-Forwarded-For", address);
        return await Person.SendAsync(world.Http, message);
    }

    [Fact]
    public async Task An_address_that_tries_many_clients_waits()
    {
        await using var world = await TestWorld.StartAsync(
            "--RateLimit:TokensPerAddress=3",
            "--RateLimit:TokensPerClient=9",
            "--RateLimit:WindowSeconds=3600"
        );
        for (var i = 0; i < 3; i++)
            (await new Person(world.Http, $"cl_{i}", "gg_wrong", Guid.Empty).AskTokenAsync()).Expect(HttpStatusCode.Unauthorized);
        var refused = (await world.Admin.AskTokenAsync()).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.NotNull(refused.Message.Headers.RetryAfter);
        Assert.Equal("\"address\";q=3;w=3600", refused.Message.Headers.GetValues("RateLimit-Policy").Single());
    }
}
