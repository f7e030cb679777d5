using System.Net;
using System.Net.Http.Headers;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Access;

/// <summary>An OIDC issuer of one's own instead of the embedded token server, by configuration.</summary>
public sealed class ExternalIssuerTests
{
    [Fact]
    public async Task Tokens_of_the_configured_issuer_let_registered_subjects_in_and_nobody_else()
    {
        await using var issuer = await TestIssuer.StartAsync();
        using var logs = new CapturedLogs();
        await using var world = await TestWorld.StartWithoutAdministratorAsync(logs, [$"--Access:ExternalIssuer={issuer.Address}"]);
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
        // What no database stores is nobody, and no failure.
        foreach (var odd in (string[])["ops\0", "\0", "\ud800", new string('x', 5_000)])
            (await Call(issuer.Token(odd, world.Now.AddMinutes(5)))).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.DoesNotContain(logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));

        Task<Reply> Call(string token) => world.Holder(token).Get("/v1/me");
    }

    [Fact]
    public async Task Tokens_of_the_embedded_server_are_worth_nothing_beside_an_external_issuer()
    {
        await using var issuer = await TestIssuer.StartAsync();
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
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
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
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        var admin = world.Holder(issuer.Token("ops", world.Now.AddMinutes(5)));
        var programme = (await admin.Post("/v1/programmes", new { name = "Starter", timeZone = "UTC" })).Expect(HttpStatusCode.Created).Id;
        var path = $"/v1/programmes/{programme}/members";
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AppointAsync("programme-reviewer")));
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.Created);
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.Created), reply => reply.Expect(HttpStatusCode.Conflict));
        (await AppointAsync("programme-administrator")).Expect(HttpStatusCode.Created);
        (await AppointAsync("programme-administrator")).ExpectProblem(HttpStatusCode.Conflict, "role-held", "role");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from principals where external_subject = 'jun'"));
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from api_clients"));

        Task<Reply> AppointAsync(string role) =>
            admin.Post(
                path,
                new
                {
                    name = "Lee Jun",
                    role,
                    subject = "jun",
                }
            );
    }

    [Fact]
    public async Task A_subject_is_needed_with_an_external_issuer_and_refused_without_one()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
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

    [Fact]
    public async Task A_stream_by_a_token_whose_end_no_calendar_has_opens_as_any_other()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await StartAsync(issuer);
        using var http = new HttpClient { BaseAddress = world.Address };
        foreach (var end in (long[])[999_999_999_999, 253_402_300_800, long.MaxValue / 1_000])
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Token("ops", world.Now, end: end));
            message.Headers.Accept.ParseAdd(FeedEndpoints.StreamType);
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    /// <summary>A world in which the issuer's subject <c>ops</c> is the first administrator.</summary>
    private static async Task<TestWorld> StartAsync(TestIssuer issuer)
    {
        var world = await TestWorld.StartWithoutAdministratorAsync($"--Access:ExternalIssuer={issuer.Address}");
        await Bootstrap.CreateAdministratorAsync(world.Services.GetRequiredService<NpgsqlDataSource>(), world.Clock, issuer.Address, "ops");
        return world;
    }
}
