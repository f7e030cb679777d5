using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>What a client makes can never do more, and never lives longer, than the client.</summary>
public sealed class NarrowLinkTests
{
    [Fact]
    public async Task A_linked_identity_does_no_more_than_the_client_that_linked_it()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var scene = await world.Scene();
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var expires = world.Now.AddDays(1);
        var brief = await MakeAsync(
            new
            {
                name = "Brief",
                scopes = new[] { "read", "request", "clients" },
                expiresAt = expires,
            }
        );
        (await LinkAsync(brief, "1")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        var narrow = await MakeAsync(new { name = "Narrow", scopes = new[] { "read", "clients" } });
        (await LinkAsync(narrow, "1")).Expect(HttpStatusCode.Created);
        var linked = Of("1");
        (await linked.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await linked.Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        // What it links in turn is as narrow, and ends with the client when what it made is revoked with it.
        (await LinkAsync(linked, "2")).Expect(HttpStatusCode.Created);
        (await Of("2").Ask(scene.Programme, 1)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await LinkAsync(mina, "3")).Expect(HttpStatusCode.Created);
        var endpoint = (
            await Of("2")
                .Post(
                    "/v1/webhook-endpoints",
                    new
                    {
                        ownerKind = "organization",
                        ownerId = organization,
                        url = "https://hooks.example.org/events",
                    }
                )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal(narrow.ClientId, endpoint.Text_("urlSetBy"));
        (await mina.Post($"/v1/clients/{narrow.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", (await mina.Get($"/v1/webhook-endpoints/{endpoint.Id}")).Text_("status"));
        foreach (var ended in (string[])["1", "2"])
            (await Of(ended).Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await Of("3").Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        // Linked again by a client that may do all, it does all.
        (await LinkAsync(mina, "1")).Expect(HttpStatusCode.Created);
        (await Of("1").Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);

        Person Of(string subject) => world.Holder(issuer.Token(subject, world.Now.AddHours(1), scope: "read request clients"));
        Task<Reply> LinkAsync(Person by, string subject) =>
            by.Post("/v1/me/identities", new { token = issuer.Token(subject, world.Now.AddHours(1), scope: "read request clients") });
        async Task<Person> MakeAsync(object body)
        {
            var made = (await mina.Post("/v1/clients", body)).Expect(HttpStatusCode.Created);
            return world.PersonOf(made.Body!, mina.PrincipalId);
        }
    }

    [Fact]
    public async Task A_webhook_endpoint_tells_no_client_what_it_may_not_read_and_outlives_none()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var endpoint = new
        {
            ownerKind = "organization",
            ownerId = organization,
            url = "https://hooks.example.org/events",
        };
        var expires = world.Now.AddDays(1);
        var brief = await MakeAsync(new { name = "Brief", expiresAt = expires });
        (await brief.Post("/v1/webhook-endpoints", endpoint)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        var blind = await MakeAsync(new { name = "Blind", scopes = new[] { "clients" } });
        (await blind.Post("/v1/webhook-endpoints", endpoint)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        var made = (await mina.Post("/v1/webhook-endpoints", endpoint)).Expect(HttpStatusCode.Created);
        var path = $"/v1/webhook-endpoints/{made.Id}";
        var elsewhere = new { url = "https://elsewhere.example.org/events" };
        (await blind.Patch(path, elsewhere, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await blind.Post($"{path}/rotate-secret")).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        (await brief.Patch(path, elsewhere, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await brief.Post($"{path}/rotate-secret")).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await mina.Patch(path, elsewhere, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        async Task<Person> MakeAsync(object body)
        {
            var client = (await mina.Post("/v1/clients", body)).Expect(HttpStatusCode.Created);
            return world.PersonOf(client.Body!, mina.PrincipalId);
        }
    }
}
