using System.Globalization;
using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Addresses of callers have one spelling: whole where they are written down, a network where they are counted.</summary>
public sealed class CallerAddressTests
{
    private const string V4 = "192.0.2.7";
    private const string V6 = "2001:db8:1:2::7";

    /// <summary>What a proxy sends, and the address that is written down.</summary>
    public static TheoryData<string[], string> Spellings =>
        new()
        {
            { [V4, $"{V4}:50123", $"::ffff:{V4}", "::FFFF:C000:207", $"[::ffff:{V4}]", $"[::ffff:{V4}]:443", $"10.9.8.7, {V4}"], V4 },
            { [V6, $"[{V6}]", $"[{V6}]:443", "2001:DB8:1:2:0:0:0:7", $"{V6}%3", $"[{V6}%3]", $"[{V6}%3]:443", $"unknown, {V6}"], V6 },
            { ["fe80::1%7", "fe80::1", "[fe80::1%2]:9"], "fe80::1" },
            // What is no address says nothing: the proxy itself called.
            { ["unknown", "_hidden", "192.0.2.7.1", $"[{V4}]x", "for=192.0.2.7"], "127.0.0.1" },
        };

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task An_address_has_one_spelling_however_it_is_sent(string[] sent, string whole)
    {
        await using var world = await TestWorld.StartAsync("--Proxies:Addresses:0=::ffff:127.0.0.1", "--RateLimit:CallsPerAddress=100");
        var (_, startup) = await world.Organization();
        for (var i = 0; i < sent.Length; i++)
        {
            (await startup.Post("/v1/requests", new { }, ("X-Forwarded-For", sent[i]))).Expect(HttpStatusCode.BadRequest);
            // All of them take from one window.
            Assert.Equal(99 - i, await LeftAsync(world, sent[i]));
        }

        var query = $"/v1/caller-addresses?clientId={startup.ClientId}&address=";
        foreach (var typed in sent.Where(one => IPAddress.TryParse(one, out _)).Append(whole))
            Assert.Equal(
                [whole],
                (await world.Admin.Get(query + Uri.EscapeDataString(typed)))
                    .Expect(HttpStatusCode.OK)["data"]
                    .AsArray()
                    .Select(one => one!["address"]!.GetValue<string>())
            );
    }

    [Fact]
    public async Task Machines_of_one_network_are_written_down_apart_and_counted_together()
    {
        await using var world = await TestWorld.StartAsync("--Proxies:Addresses:0=127.0.0.1", "--RateLimit:CallsPerAddress=100");
        var (_, startup) = await world.Organization();
        string[] machines = ["2001:db8:1:2::7", "2001:db8:1:2::8", "2001:db8:1:2:ffff::1"];
        for (var i = 0; i < machines.Length; i++)
        {
            (await startup.Post("/v1/requests", new { }, ("X-Forwarded-For", machines[i]))).Expect(HttpStatusCode.BadRequest);
            Assert.Equal(99 - i, await LeftAsync(world, machines[i]));
        }

        Assert.Equal(
            machines.Order(StringComparer.Ordinal),
            (await world.Admin.Get($"/v1/caller-addresses?clientId={startup.ClientId}"))["data"]
                .AsArray()
                .Select(one => one!["address"]!.GetValue<string>())
                .Where(one => one != "127.0.0.1")
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(99, await LeftAsync(world, "2001:db8:1:3::7"));
        (await world.Admin.Get("/v1/caller-addresses?address=nowhere")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "address");
    }

    /// <summary>Calls that are left in the window of the address.</summary>
    private static async Task<int> LeftAsync(TestWorld world, string from)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/v1/offers");
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", from);
        var reply = (await Person.SendAsync(world.Http, message)).Expect(HttpStatusCode.OK);
        var limit = reply.Message.Headers.GetValues("RateLimit").Single(one => one.StartsWith("\"address\"", StringComparison.Ordinal));
        return int.Parse(limit.Split(";r=")[1].Split(';')[0], CultureInfo.InvariantCulture);
    }
}
