using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using GpuGrants.Api.Http;
using GpuGrants.Api.Tests.Webhooks;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Webhooks.Dispatch;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>What makes calls easy for a portal: its own names, short answers, browsers, traces, and warning of an end.</summary>
public sealed class PortalCallTests
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private const string Origin = "https://portal.example.org";

    [Fact]
    public async Task A_portal_names_its_calls_and_what_they_make_and_finds_both_again()
    {
        await using var world = await TestWorld.StartAsync($"--Cors:Origins:0={Origin}", "--Webhooks:AllowedNetworks:0=127.0.0.0/8");
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        (
            await portal.Person.Post(
                "/v1/webhook-endpoints",
                new
                {
                    ownerKind = "partner",
                    ownerId = portal.Id,
                    url = receiver.Url,
                    types = (string[])["request.*"],
                }
            )
        ).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await ItsOwnNames(world, scene, portal);
        await Traces(world, scene, portal, receiver);
        await ShortAnswers(world, scene, portal);
        await Browsers(world);
        // From the end of the consent on, the partner's endpoint hears nothing more.
        var consent = (await portal.Person.Get("/v1/consents"))["data"][0]!["id"]!.GetValue<string>();
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        var heard = receiver.All.Count;
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        Assert.Equal(heard, receiver.All.Count);
    }

    [Fact]
    public async Task A_deprecated_endpoint_says_so_in_every_answer_also_when_it_refuses()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapGet("/old", (bool refuse) => refuse ? Results.BadRequest() : Results.Ok())
            .Deprecated("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "https://example.org/new");
        await app.StartAsync();
        using var http = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        };
        foreach (var refuse in (bool[])[false, true])
        {
            var answer = await http.GetAsync($"/old?refuse={refuse}");
            Assert.Equal(refuse ? HttpStatusCode.BadRequest : HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("@1767225600", answer.Headers.GetValues("Deprecation").Single());
            Assert.Equal("Thu, 31 Dec 2026 00:00:00 GMT", answer.Headers.GetValues("Sunset").Single());
            Assert.Equal("<https://example.org/new>; rel=\"deprecation\"", answer.Headers.GetValues("Link").Single());
        }
    }

    private static async Task ItsOwnNames(TestWorld world, Scene scene, Portal portal)
    {
        var body = new { externalId = "order-1", metadata = new Dictionary<string, string> { ["plan"] = "starter", ["a.b"] = "가" } };
        var named = ("Idempotency-Key", "order-1");
        var asked = (await portal.Person.Ask(scene.Programme, 1, body, Portal.For(scene.Organization), named)).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(("order-1", "가"), (asked.Text_("externalId"), asked["metadata"]["a.b"]!.GetValue<string>()));
        // Later the answer is made again, byte for byte, of what the database holds.
        var repeated = await portal.Person.Ask(scene.Programme, 1, body, Portal.For(scene.Organization), named);
        Assert.Equal((true, asked.Text), (repeated.IsReplay, repeated.Text));
        await portal.Person.Ask(scene.Programme, 1, new { externalId = "order-2" }, Portal.For(scene.Organization));
        var found = (await scene.Startup.Get("/v1/requests?externalId=order-1")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(asked.Id.ToString(), Assert.Single(found)!["id"]!.GetValue<string>());
        Assert.Equal("starter", found[0]!["metadata"]!["plan"]!.GetValue<string>());
        var (_, stranger) = await world.Organization(name: "Stranger");
        Assert.Empty((await stranger.Get("/v1/requests?externalId=order-1"))["data"].AsArray());
        var made = (
            await stranger.Post(
                "/v1/organizations",
                new
                {
                    kind = "individual",
                    name = "Lab",
                    country = "KR",
                    externalId = "lab-1",
                    metadata = new { team = "speech" },
                }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("speech", made["metadata"]["team"]!.GetValue<string>());
        Assert.Single((await stranger.Get("/v1/organizations?externalId=lab-1,lab-2"))["data"].AsArray());
        var many = Enumerable.Range(0, 21).ToDictionary(i => $"key-{i}", _ => "x");
        foreach (
            var bad in (object[])
                [
                    many,
                    new Dictionary<string, string> { ["two words"] = "x" },
                    new Dictionary<string, string> { ["long"] = new('x', 501) },
                    new Dictionary<string, string> { [new string('k', 41)] = "x" },
                ]
        )
            (await portal.Person.Ask(scene.Programme, 1, new { metadata = bad }, Portal.For(scene.Organization))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "metadata"
            );
    }

    private static async Task Traces(TestWorld world, Scene scene, Portal portal, Receiver receiver)
    {
        var asked = (
            await portal.Person.Ask(
                scene.Programme,
                1,
                null,
                Portal.For(scene.Organization),
                ("traceparent", Trace),
                ("X-Request-Id", "call-17")
            )
        ).Expect(HttpStatusCode.Created);
        // What is malformed is left out.
        await portal.Person.Ask(scene.Programme, 1, null, Portal.For(scene.Organization), ("traceparent", "00-0-0-0"));
        var events = (await scene.Startup.Get($"/v1/events?resource={asked.Id}"))["data"].AsArray();
        Assert.Equal((Trace, "call-17"), (events[0]!["traceparent"]!.GetValue<string>(), events[0]!["requestName"]!.GetValue<string>()));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from events where traceparent is not null"));
        await DispatchAsync(world);
        var delivered = Assert.Single(receiver.Taken, one => one.Resource == asked.Id.ToString());
        Assert.Equal(
            (Trace, "call-17"),
            (delivered.Json["traceparent"]!.GetValue<string>(), delivered.Json["requestName"]!.GetValue<string>())
        );
        Assert.Equal(scene.Organization.ToString(), delivered.Json["onBehalfOf"]!.GetValue<string>());
    }

    private static async Task ShortAnswers(TestWorld world, Scene scene, Portal portal)
    {
        using var http = new HttpClient { BaseAddress = world.Address };
        async Task<HttpResponseMessage> Post(string prefer)
        {
            using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/requests")
            {
                Content = new StringContent("""{"gpuHours": 1, "purpose": "Try"}""", Encoding.UTF8, "application/json"),
            };
            call.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await portal.Person.TokenAsync());
            call.Headers.Add("GpuGrants-Organization", scene.Organization.ToString());
            call.Headers.Add("Prefer", prefer);
            return await http.SendAsync(call);
        }

        var minimal = await Post("respond-async, return=minimal");
        Assert.Equal(HttpStatusCode.Created, minimal.StatusCode);
        Assert.Equal("return=minimal", minimal.Headers.GetValues("Preference-Applied").Single());
        Assert.Empty(await minimal.Content.ReadAsByteArrayAsync());
        (await scene.Startup.Get(minimal.Headers.Location!.ToString())).Expect(HttpStatusCode.OK);
        foreach (var other in (string[])["return=representation", "return=representation, return=minimal", "wait=5"])
        {
            var full = await Post(other);
            Assert.False(full.Headers.Contains("Preference-Applied"));
            Assert.Equal("approved", JsonNode.Parse(await full.Content.ReadAsStringAsync())!["status"]!.GetValue<string>());
        }
    }

    private static async Task Browsers(TestWorld world)
    {
        using var http = new HttpClient { BaseAddress = world.Address };
        foreach (var (origin, isLetIn) in ((string, bool)[])[(Origin, true), ("https://elsewhere.example.org", false)])
        {
            using var asks = new HttpRequestMessage(HttpMethod.Options, "/v1/requests");
            asks.Headers.Add("Origin", origin);
            asks.Headers.Add("Access-Control-Request-Method", "POST");
            asks.Headers.Add("Access-Control-Request-Headers", "authorization,idempotency-key,gpugrants-organization");
            var preflight = await http.SendAsync(asks);
            Assert.Equal(isLetIn, preflight.Headers.Contains("Access-Control-Allow-Origin"));
            using var call = new HttpRequestMessage(HttpMethod.Get, "/v1/me");
            call.Headers.Add("Origin", origin);
            var refused = await http.SendAsync(call);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal(isLetIn, refused.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.False(refused.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    private static Task DispatchAsync(TestWorld world) =>
        world.Services.GetRequiredService<WebhookDispatcher>().RunAsync(CancellationToken.None);
}
