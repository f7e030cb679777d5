using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GpuGrants.Api.Tests.Access;

/// <summary>An OIDC issuer of one's own instead of the embedded token server, by configuration.</summary>
public sealed class ExternalIssuerTests
{
    [Fact]
    public async Task Tokens_of_the_configured_issuer_let_registered_subjects_in_and_nobody_else()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartAsync();
        await using var service = await world.StartSecondAsync($"--Access:ExternalIssuer={issuer.Address}");
        var principal = Guid.CreateVersion7();
        await world.ScalarAsync<long>("with made as (insert into principals (id, name, external_issuer, external_subject, status, version, created_at, updated_at) values ($1, 'Ops', $2, 'ops', 'active', 1, $3, $3) returning 1) select count(*) from made", principal, issuer.Address, world.Now);
        await world.ScalarAsync<long>("with made as (insert into role_assignments (id, principal_id, role, created_by, created_at) values ($1, $2, 'platform-administrator', $2, $3) returning 1) select count(*) from made", Guid.CreateVersion7(), principal, world.Now);
        var me = (await Call(issuer.Token("ops", world.Now.AddMinutes(5)))).Expect(HttpStatusCode.OK);
        Assert.Equal(principal.ToString(), me.Text_("principalId"));
        (await Call(issuer.Token("stranger", world.Now.AddMinutes(5)))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(issuer.Token("ops", world.Now.AddMinutes(-1)))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(issuer.Token("ops", world.Now.AddMinutes(5), audience: "another"))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(issuer.Token("ops", world.Now.AddMinutes(5), by: "http://127.0.0.1:1"))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(await world.Admin.NewTokenAsync())).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await world.Admin.On(service).AskTokenAsync()).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        Task<Reply> Call(string token) => new Person(service.Http, "", "", principal).WithToken(token).Get("/v1/me");
    }

    /// <summary>Serves discovery and keys on loopback, and signs.</summary>
    private sealed class Issuer(WebApplication app, RSA key) : IAsyncDisposable
    {
        public string Address => app.Urls.Single();

        public static async Task<Issuer> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var key = RSA.Create(2_048);
            var shown = key.ExportParameters(false);
            app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = app.Urls.Single(), jwks_uri = app.Urls.Single() + "/keys" }));
            app.MapGet("/keys", () => Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", kid = "one", alg = "RS256", n = Base64Url.EncodeToString(shown.Modulus), e = Base64Url.EncodeToString(shown.Exponent) } } }));
            await app.StartAsync();
            return new Issuer(app, key);
        }

        public string Token(string subject, DateTimeOffset expires, string audience = "gpugrants", string? by = null)
        {
            var text = Part(new { alg = "RS256", typ = "at+jwt", kid = "one" }) + "." + Part(new { iss = by ?? Address, sub = subject, aud = audience, scope = "read administer", exp = expires.ToUnixTimeSeconds() });
            return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
        }

        public async ValueTask DisposeAsync()
        {
            key.Dispose();
            await app.DisposeAsync();
        }

        private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
