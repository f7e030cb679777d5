using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Access.Tokens;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Tokens that let nobody in, and keys that rotate under tokens that do.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_token_lives_an_hour_and_not_longer()
    {
        await using var world = await TestWorld.StartAsync();
        var early = world.Admin.WithToken(await world.Admin.NewTokenAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        (await early.Get("/v1/me")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        (await early.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_token_ends_on_the_second_although_it_was_checked_a_moment_before()
    {
        await using var world = await TestWorld.StartAsync();
        var token = world.Admin.WithToken(await world.Admin.NewTokenAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(60) - TimeSpan.FromSeconds(2));
        (await token.Get("/v1/me")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        (await token.Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_token_whose_signing_key_is_gone_is_refused_five_seconds_later()
    {
        await using var world = await TestWorld.StartAsync();
        var token = await world.Admin.NewTokenAsync();
        (await world.Admin.WithToken(token).Get("/v1/me")).Expect(HttpStatusCode.OK);
        await using (var database = NpgsqlDataSource.Create(world.Database))
        await using (var withdraw = database.CreateCommand("delete from signing_keys"))
            await withdraw.ExecuteNonQueryAsync();
        await Refresh(world);
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        (await world.Admin.WithToken(token).Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Tokens_that_are_forged_unsigned_or_for_others_let_nobody_in_and_change_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var good = await world.Admin.NewTokenAsync();
        (await world.Admin.WithToken(good).Get("/v1/me")).Expect(HttpStatusCode.OK);
        var before = await world.FingerprintAsync();
        foreach (var (what, token) in Bad(good))
        {
            var reply = await world
                .Admin.WithToken(token)
                .Post(
                    "/v1/gpu-models",
                    new
                    {
                        id = "h100",
                        name = "H100",
                        gpuClass = "datacenter",
                        memoryGib = 80,
                        vendor = "NVIDIA",
                    }
                );
            Assert.True(
                reply.Status == HttpStatusCode.Unauthorized && reply.Code == "unauthenticated",
                $"{what}: {(int)reply.Status} {reply.Text}"
            );
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_token_of_another_audience_or_issuer_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        await using var otherAudience = await world.StartSecondAsync("--Access:Audience=another");
        await using var otherIssuer = await world.StartSecondAsync("--Access:PublicUrl=http://another.test/");
        (await world.Admin.WithToken(await otherAudience.Admin.NewTokenAsync()).Get("/v1/me")).ExpectProblem(
            HttpStatusCode.Unauthorized,
            "unauthenticated"
        );
        (await world.Admin.WithToken(await otherIssuer.Admin.NewTokenAsync()).Get("/v1/me")).ExpectProblem(
            HttpStatusCode.Unauthorized,
            "unauthenticated"
        );
    }

    [Fact]
    public async Task Keys_rotate_on_every_replica_while_tokens_of_the_old_key_still_let_in()
    {
        await using var world = await TestWorld.StartAsync("--Access:SigningKeyDays=2");
        await using var second = await world.StartSecondAsync("--Access:SigningKeyDays=2");
        var first = KeyOf(await world.Admin.NewTokenAsync());
        world.Clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromMinutes(30));
        await Refresh(world);
        await Refresh(second);
        var old = await world.Admin.NewTokenAsync();
        Assert.Equal(first, KeyOf(old));
        world.Clock.Advance(TimeSpan.FromMinutes(31));
        await Refresh(world);
        await Refresh(second);
        var now = await world.Admin.NewTokenAsync();
        Assert.NotEqual(first, KeyOf(now));
        foreach (
            var (service, token) in ((TestWorld, string)[])
                [(world, old), (second, old), (second, now), (world, await second.Admin.NewTokenAsync())]
        )
            (await service.Admin.WithToken(token).Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    private static async Task Refresh(TestWorld world)
    {
        await world.Services.GetRequiredService<SigningKeyRing>().RefreshAsync(CancellationToken.None);
        world
            .Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitorCache<OpenIddict.Server.OpenIddictServerOptions>>()
            .TryRemove(Microsoft.Extensions.Options.Options.DefaultName);
    }

    private static string KeyOf(string token) => Decode(token.Split('.')[0])["kid"]!.GetValue<string>();

    private static IEnumerable<(string What, string Token)> Bad(string good)
    {
        var parts = good.Split('.');
        var claims = Decode(parts[1]);
        yield return ("nothing", "x");
        yield return ("two parts", parts[0] + "." + parts[1]);
        yield return ("no signature", $"{parts[0]}.{parts[1]}.");
        yield return ("changed signature", $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}");
        foreach (var none in (string[])["none", "None", "NONE"])
            yield return ("alg " + none, $"{Encode(new JsonObject { ["alg"] = none, ["typ"] = "at+jwt" })}.{parts[1]}.");
        claims["scope"] = "read request review provide administer more";
        yield return ("changed claims", $"{parts[0]}.{Encode(claims)}.{parts[2]}");
        var shared = Encode(new JsonObject { ["alg"] = "HS256", ["typ"] = "at+jwt" }) + "." + parts[1];
        yield return (
            "a shared secret",
            $"{shared}.{Base64Url.EncodeToString(HMACSHA256.HashData("gpugrants"u8, Encoding.ASCII.GetBytes(shared)))}"
        );
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var header = Decode(parts[0]);
        foreach (var kid in (string?[])[header["kid"]!.GetValue<string>(), "another", null])
        {
            header["kid"] = kid;
            var text = $"{Encode(header)}.{parts[1]}";
            yield return (
                "a stranger's key as " + kid,
                $"{text}.{Base64Url.EncodeToString(stranger.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}"
            );
        }
    }

    private static JsonObject Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));
}
