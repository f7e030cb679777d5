using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GpuGrants.Api.Tests.Access;

/// <summary>An OIDC issuer of one's own instead of the embedded token server, by configuration.</summary>
public sealed class ExternalIssuerTests
{
    [Fact]
    public async Task Tokens_of_the_configured_issuer_let_registered_subjects_in_and_nobody_else()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartWithoutAdministratorAsync($"--Access:ExternalIssuer={issuer.Address}");
        Assert.True(
            await Bootstrap.CreateAdministratorAsync(
                world.Services.GetRequiredService<NpgsqlDataSource>(),
                world.Clock,
                issuer.Address,
                "ops"
            )
        );
        Assert.False(
            await Bootstrap.CreateAdministratorAsync(
                world.Services.GetRequiredService<NpgsqlDataSource>(),
                world.Clock,
                issuer.Address,
                "another"
            )
        );
        var me = (await Call(issuer.Token("ops", world.Now.AddMinutes(5)))).Expect(HttpStatusCode.OK);
        Assert.Equal("platform-administrator", me["roles"][0]!["role"]!.GetValue<string>());
        (await Call(issuer.Token("another", world.Now.AddMinutes(5)))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(issuer.Token("ops", world.Now.AddMinutes(-1)))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Call(issuer.Token("ops", world.Now.AddMinutes(5), audience: "another"))).ExpectProblem(
            HttpStatusCode.Unauthorized,
            "unauthenticated"
        );
        (await Call(issuer.Token("ops", world.Now.AddMinutes(5), by: "http://127.0.0.1:1"))).ExpectProblem(
            HttpStatusCode.Unauthorized,
            "unauthenticated"
        );

        Task<Reply> Call(string token) => world.Holder(token).Get("/v1/me");
    }

    [Fact]
    public async Task Tokens_of_the_embedded_server_are_worth_nothing_beside_an_external_issuer()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartAsync();
        await using var service = await world.StartSecondAsync($"--Access:ExternalIssuer={issuer.Address}");
        (await service.Holder(await world.Admin.NewTokenAsync()).Get("/v1/me")).ExpectProblem(
            HttpStatusCode.Unauthorized,
            "unauthenticated"
        );
        (await world.Admin.On(service).AskTokenAsync()).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task An_administrator_gives_every_role_to_subjects_of_the_issuer()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartWithoutAdministratorAsync($"--Access:ExternalIssuer={issuer.Address}");
        await Bootstrap.CreateAdministratorAsync(world.Services.GetRequiredService<NpgsqlDataSource>(), world.Clock, issuer.Address, "ops");
        var admin = Holder("ops");
        var programme = (await admin.Post("/v1/programmes", new { name = "Starter", timeZone = "UTC" })).Expect(HttpStatusCode.Created).Id;
        var provider = (await admin.Post("/v1/providers", new { name = "Han Cloud", country = "KR" })).Expect(HttpStatusCode.Created).Id;
        var partner = (await admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
        var organization = (
            await admin.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "Hangang Robotics",
                    country = "KR",
                    ownerName = "Kim Minji",
                    ownerSubject = "minji",
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Null(organization.Body!["ownerClient"]);
        foreach (
            var (by, path, role, subject) in new[]
            {
                (admin, "/v1/administrators", "platform-administrator", "second-ops"),
                (admin, $"/v1/programmes/{programme}/members", "programme-administrator", "head"),
                (admin, $"/v1/programmes/{programme}/members", "programme-reviewer", "reviewer"),
                (admin, $"/v1/providers/{provider}/operators", "provider-operator", "operator"),
                (admin, $"/v1/partners/{partner}/members", "partner", "portal"),
                (Holder("minji"), $"/v1/organizations/{organization.Id}/members", "organization-member", "intern"),
            }
        )
        {
            var made = (
                await by.Post(
                    path,
                    new
                    {
                        name = "Somebody",
                        role,
                        subject,
                    }
                )
            ).Expect(HttpStatusCode.Created);
            Assert.Null(made.Body!["client"]);
            Assert.Contains(
                role,
                (await Holder(subject).Get("/v1/me"))
                    .Expect(HttpStatusCode.OK)["roles"]
                    .AsArray()
                    .Select(one => one!["role"]!.GetValue<string>())
            );
        }

        Person Holder(string subject) => world.Holder(issuer.Token(subject, world.Now.AddMinutes(5)));
    }

    [Fact]
    public async Task A_subject_is_one_principal_however_often_it_is_named()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartWithoutAdministratorAsync($"--Access:ExternalIssuer={issuer.Address}");
        await Bootstrap.CreateAdministratorAsync(world.Services.GetRequiredService<NpgsqlDataSource>(), world.Clock, issuer.Address, "ops");
        var admin = world.Holder(issuer.Token("ops", world.Now.AddMinutes(5)));
        var programme = (await admin.Post("/v1/programmes", new { name = "Starter", timeZone = "UTC" })).Expect(HttpStatusCode.Created).Id;
        var path = $"/v1/programmes/{programme}/members";
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    admin.Post(
                        path,
                        new
                        {
                            name = "Lee Jun",
                            role = "programme-reviewer",
                            subject = "jun",
                        }
                    )
                )
        );
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.Created);
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.Created), reply => reply.Expect(HttpStatusCode.Conflict));
        (
            await admin.Post(
                path,
                new
                {
                    name = "Lee Jun",
                    role = "programme-administrator",
                    subject = "jun",
                }
            )
        ).Expect(HttpStatusCode.Created);
        (
            await admin.Post(
                path,
                new
                {
                    name = "Lee Jun",
                    role = "programme-administrator",
                    subject = "jun",
                }
            )
        ).ExpectProblem(HttpStatusCode.Conflict, "role-held", "role");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from principals where external_subject = 'jun'"));
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from api_clients"));
    }

    [Fact]
    public async Task A_subject_is_needed_with_an_external_issuer_and_refused_without_one()
    {
        await using var issuer = await Issuer.StartAsync();
        await using var world = await TestWorld.StartWithoutAdministratorAsync($"--Access:ExternalIssuer={issuer.Address}");
        await Bootstrap.CreateAdministratorAsync(world.Services.GetRequiredService<NpgsqlDataSource>(), world.Clock, issuer.Address, "ops");
        var admin = world.Holder(issuer.Token("ops", world.Now.AddMinutes(5)));
        (await admin.Post("/v1/administrators", new { name = "Lee Jun" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "subject");
        (await admin.Post("/v1/administrators", new { subject = "jun" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "name");
        (await admin.Post("/v1/administrators", new { name = "Lee Jun", subject = new string('x', 256) })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "subject"
        );
        (
            await admin.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "Hangang",
                    country = "KR",
                    ownerName = "Kim Minji",
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "ownerSubject");
        await using var embedded = await TestWorld.StartAsync();
        (await embedded.Admin.Post("/v1/administrators", new { name = "Lee Jun", subject = "jun" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "subject"
        );
        (
            await embedded.Admin.Post(
                "/v1/organizations",
                new
                {
                    kind = "startup",
                    name = "Hangang",
                    country = "KR",
                    ownerName = "Kim Minji",
                    ownerSubject = "minji",
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "ownerSubject");
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
            app.MapGet(
                "/.well-known/openid-configuration",
                () => Results.Json(new { issuer = app.Urls.Single(), jwks_uri = app.Urls.Single() + "/keys" })
            );
            app.MapGet(
                "/keys",
                () =>
                    Results.Json(
                        new
                        {
                            keys = new[]
                            {
                                new
                                {
                                    kty = "RSA",
                                    use = "sig",
                                    kid = "one",
                                    alg = "RS256",
                                    n = Base64Url.EncodeToString(shown.Modulus),
                                    e = Base64Url.EncodeToString(shown.Exponent),
                                },
                            },
                        }
                    )
            );
            await app.StartAsync();
            return new Issuer(app, key);
        }

        public string Token(string subject, DateTimeOffset expires, string audience = "gpugrants", string? by = null)
        {
            var text =
                Part(
                    new
                    {
                        alg = "RS256",
                        typ = "at+jwt",
                        kid = "one",
                    }
                )
                + "."
                + Part(
                    new
                    {
                        iss = by ?? Address,
                        sub = subject,
                        aud = audience,
                        scope = "read request provide administer",
                        exp = expires.ToUnixTimeSeconds(),
                    }
                );
            var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return $"{text}.{Base64Url.EncodeToString(signature)}";
        }

        public async ValueTask DisposeAsync()
        {
            key.Dispose();
            await app.DisposeAsync();
        }

        private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
