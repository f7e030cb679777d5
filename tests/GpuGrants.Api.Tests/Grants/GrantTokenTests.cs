using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace GpuGrants.Api.Tests.Grants;

/// <summary>The way to the compute: how to connect, a token that a provider verifies by itself, and what it refuses meanwhile.</summary>
public sealed class GrantTokenTests
{
    [Fact]
    public async Task A_provider_admits_by_a_token_alone_until_the_grant_is_suspended()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = await Award(scene);
        var path = $"/v1/grants/{grant}/token";
        var got = (await scene.Startup.Post(path)).Expect(HttpStatusCode.OK);
        Assert.Equal("no-store", got.Message.Headers.CacheControl?.ToString());
        Assert.Equal(world.Now.AddHours(1), got["expiresAt"]!.GetValue<DateTimeOffset>());

        // Its type and key are its own, and its claims say what may be used.
        var token = new JsonWebToken(got.Text_("token"));
        Assert.Equal(("grant+jwt", "ES256"), (token.Typ, token.Alg));
        var access = new JsonWebToken(await scene.Startup.TokenAsync());
        Assert.NotEqual(access.Kid, token.Kid);
        await VerifyAsync(world, got.Text_("token"), scene.Provider, isGood: true);
        await VerifyAsync(world, await scene.Startup.TokenAsync(), scene.Provider, isGood: false);
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(token.EncodedPayload))!.AsObject();
        Assert.Equal(grant.ToString(), claims["sub"]!.GetValue<string>());
        Assert.Equal((1, 36_000L), (claims["gpus"]!.GetValue<int>(), claims["remaining_gpu_seconds"]!.GetValue<long>()));
        Assert.Equal(("h100", "kr-central"), (claims["gpu_model"]!.GetValue<string>(), claims["region"]!.GetValue<string>()));
        Assert.Equal(scene.Offer.ToString(), claims["offer_id"]!.GetValue<string>());
        Assert.DoesNotContain("Hangang", claims.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await world.CountRowsWithAsync(got.Text_("token")));
        // Each token is told of by its id.
        var made = (await scene.Startup.Get("/v1/events?types=grant.token-made")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(claims["jti"]!.GetValue<string>(), Assert.Single(made)!["data"]!["tokenId"]!.GetValue<Guid>().ToString("N"));

        // It lets nobody in here, also when it says that it is an access token.
        (await world.Holder(got.Text_("token")).Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        // Nothing is revoked; then the grant is suspended while the token lives; then it goes on.
        var list = $"/v1/providers/{scene.Provider}/revoked-grants";
        var before = (await scene.Operator.Get(list)).Expect(HttpStatusCode.OK);
        Assert.Empty(before["data"].AsArray());
        Assert.Equal(HttpStatusCode.NotModified, (await scene.Operator.Get(list, ("If-None-Match", before.ETag))).Status);
        await Suspend(world, grant);
        var after = (await scene.Operator.Get(list, ("If-None-Match", before.ETag))).Expect(HttpStatusCode.OK);
        var revoked = Assert.Single(after["data"].AsArray())!;
        Assert.Equal((grant.ToString(), "suspended"), (revoked["grantId"]!.GetValue<string>(), revoked["status"]!.GetValue<string>()));
        (await scene.Startup.Post(path)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        (await world.Admin.Post($"/v1/grants/{grant}/resume", new { reason = "Explained" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Empty((await scene.Operator.Get(list))["data"].AsArray());

        // A suspended organization gets no token, though its grants run on.
        var organization = $"/v1/organizations/{scene.Organization}";
        (await world.Admin.Patch(organization, new { status = "suspended" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post(path)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
        Assert.Equal("suspended", Assert.Single((await scene.Operator.Get(list))["data"].AsArray())!["status"]!.GetValue<string>());
        (await world.Admin.Patch(organization, new { status = "active" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        // Once no token can live any more, the list is empty again; another provider's list always was.
        (await world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Misused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Single((await scene.Operator.Get(list))["data"].AsArray());
        var (other, stranger) = await world.Provider("Another cloud");
        Assert.Empty((await stranger.Get($"/v1/providers/{other}/revoked-grants"))["data"].AsArray());
        (await stranger.Get(list)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await stranger.Get($"/v1/grants/{grant}/grantee")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        await world.PassAsync(TimeSpan.FromHours(4), scene.Operator);
        Assert.Empty((await scene.Operator.Get(list))["data"].AsArray());
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from grant_tokens"));
    }

    [Fact]
    public async Task No_token_outlives_its_grant_or_comes_too_early_and_each_call_makes_another()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var late = (await scene.Startup.Ask(scene.Programme, 1, new { startsAt = world.Now.AddHours(2), durationDays = 1 })).Expect(
            HttpStatusCode.Created
        );
        var path = $"/v1/grants/{late.Text_("grantId")}/token";
        (await scene.Startup.Post(path)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-started", "startsAt");
        await world.PassAsync(TimeSpan.FromMinutes(90), scene.Startup);
        var early = new JsonWebToken((await scene.Startup.Post(path)).Expect(HttpStatusCode.OK).Text_("token"));
        Assert.Equal(world.Now.AddMinutes(30).UtcDateTime, early.ValidFrom, TimeSpan.FromSeconds(1));
        await world.PassAsync(TimeSpan.FromHours(24), scene.Startup);
        var last = (await scene.Startup.Post(path, null, ("Idempotency-Key", "one"))).Expect(HttpStatusCode.OK);
        var again = (await scene.Startup.Post(path, null, ("Idempotency-Key", "one"))).Expect(HttpStatusCode.OK);
        Assert.NotEqual(last.Text_("token"), again.Text_("token"));
        Assert.Equal(world.Now.AddMinutes(30).UtcDateTime, new JsonWebToken(last.Text_("token")).ValidTo, TimeSpan.FromSeconds(1));
        await world.PassAsync(TimeSpan.FromMinutes(31), scene.Startup);
        (await scene.Startup.Post(path)).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active");
    }

    [Fact]
    public async Task An_expired_grant_gets_no_token_before_the_sweep_has_come()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 1, new { durationDays = 1 })).Expect(HttpStatusCode.Created).Text_("grantId");
        world.Clock.Advance(TimeSpan.FromDays(1));
        scene.Startup.ForgetToken();
        (await scene.Startup.Post($"/v1/grants/{grant}/token")).ExpectProblem(HttpStatusCode.Conflict, "grant-not-active", "status");
    }

    [Fact]
    public async Task A_revoked_grant_stays_on_the_list_until_ten_minutes_after_the_end_of_its_last_token()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = await Award(scene);
        (await scene.Startup.Post($"/v1/grants/{grant}/token")).Expect(HttpStatusCode.OK);
        Pass(50);
        (await scene.Startup.Post($"/v1/grants/{grant}/token")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Misused" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        // The first token ends after 60 minutes and the second after 110. Clocks may differ by ten.
        foreach (var (minutes, listed) in ((int, int)[])[(30, 1), (35, 1), (6, 0)])
        {
            Pass(minutes);
            var list = (await scene.Operator.Get($"/v1/providers/{scene.Provider}/revoked-grants")).Expect(HttpStatusCode.OK);
            Assert.Equal((minutes, listed), (minutes, list["data"].AsArray().Count));
        }

        void Pass(int minutes)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(minutes));
            foreach (var person in (Person[])[scene.Startup, scene.Operator, world.Admin])
                person.ForgetToken();
        }
    }

    [Fact]
    public async Task A_grant_fills_its_values_into_the_offers_text()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var offer = $"/v1/offers/{scene.Offer}";
        foreach (var (bad, told) in ((string, string)[])[("ssh {{user}}", "{{user}}"), ("ssh {{grantId", "Close each {{")])
        {
            var refused = await scene.Operator.Patch(offer, new { connection = bad }, Person.AnyVersion);
            refused.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "connection");
            Assert.Contains(told, refused.Text, StringComparison.Ordinal);
        }

        (await scene.Operator.Patch(offer, new { connection = "ssh {{grantId}}@{{region}}.example" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var grant = await Award(scene);
        var seen = (await scene.Startup.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK);
        Assert.Equal($"ssh {grant}@kr-central.example", seen.Text_("connection"));
        Assert.False((await scene.Startup.Get(offer)).Body!.AsObject().ContainsKey("connection"));
        Assert.False((await world.ReadAsync(offer)).Body!.AsObject().ContainsKey("connection"));
        Assert.Equal("ssh {{grantId}}@{{region}}.example", (await scene.Operator.Get(offer)).Text_("connection"));

        // A new text is another answer about the same grant; none is none.
        (await scene.Operator.Patch(offer, new { connection = "{{gpus}} GPU" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var changed = await scene.Startup.Get($"/v1/grants/{grant}", ("If-None-Match", seen.ETag));
        Assert.Equal("1 GPU", changed.Expect(HttpStatusCode.OK).Text_("connection"));
        (await scene.Operator.Patch(offer, """{"connection":null}""", Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.False((await scene.Startup.Get($"/v1/grants/{grant}")).Body!.AsObject().ContainsKey("connection"));
    }

    [Fact]
    public async Task A_provider_sees_a_grantees_name_and_contact_and_nothing_else()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var project = (await mina.Post($"/v1/organizations/{organization}/projects", new { name = "Secret plans" })).Expect(
            HttpStatusCode.Created
        );
        var asked = (await mina.Ask(scene.Programme, 1, new { projectId = project.Id, purpose = "Nobody knows" })).Expect(
            HttpStatusCode.Created
        );
        var grant = asked.Text_("grantId");
        var grantee = (await scene.Operator.Get($"/v1/grants/{grant}/grantee")).Expect(HttpStatusCode.OK);
        Assert.Equal("Hangang Robotics", grantee.Text_("name"));
        Assert.Equal("mina@example.org", grantee["contact"]["email"]!.GetValue<string>());
        foreach (var page in (string[])["/v1/grants", $"/v1/grants/{grant}", $"/v1/grants/{grant}/grantee"])
        {
            var shown = (await scene.Operator.Get(page)).Expect(HttpStatusCode.OK).Text;
            Assert.DoesNotContain("Secret plans", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("Nobody knows", shown, StringComparison.Ordinal);
        }

        Assert.Contains("Secret plans", (await mina.Get("/v1/grants")).Text, StringComparison.Ordinal);
        (await scene.Operator.Get($"/v1/requests/{asked.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await mina.Get($"/v1/grants/{grant}/grantee")).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");

        // A minor's name and address are no provider's business.
        await world.ScalarAsync<long>(
            "with young as (update people set birth_year = 2012, of_age = null returning 1) select count(*) from young"
        );
        Assert.False((await scene.Operator.Get($"/v1/grants/{grant}/grantee")).Body!.AsObject().ContainsKey("contact"));

        // Nobody is left to write to once she has erased herself.
        (await mina.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        var left = (await scene.Operator.Get($"/v1/grants/{grant}/grantee")).Expect(HttpStatusCode.OK);
        Assert.False(left.Body!.AsObject().ContainsKey("contact"));
    }

    private static async Task<Guid> Award(Scene scene) =>
        Guid.Parse((await scene.Startup.Ask(scene.Programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId"));

    private static async Task Suspend(TestWorld world, Guid grant) =>
        (await world.Admin.Post($"/v1/grants/{grant}/suspend", new { reason = "Looks misused" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    /// <summary>As a provider does it, with the published keys alone.</summary>
    internal static async Task VerifyAsync(TestWorld world, string token, Guid provider, bool isGood)
    {
        var keys = new JsonWebKeySet((await world.ReadAsync("/.well-known/jwks")).Expect(HttpStatusCode.OK).Text);
        var found = await new JsonWebTokenHandler().ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidTypes = ["grant+jwt"],
                ValidAlgorithms = ["ES256"],
                ValidAudience = provider.ToString(),
                ValidateIssuer = false,
                IssuerSigningKeys = keys.GetSigningKeys(),
                LifetimeValidator = (from, until, _, _) => from <= world.Now.UtcDateTime && world.Now.UtcDateTime < until,
            }
        );
        Assert.Equal(isGood, found.IsValid);
    }
}
