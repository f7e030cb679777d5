using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using GpuGrants.Api.Contract;
using GpuGrants.Api.Http;
using GpuGrants.Api.Tests.Webhooks;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>What makes calls easy for a portal: its own names, short answers, browsers, traces, and warning of an end.</summary>
public sealed class PortalCallTests
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private const string Origin = "https://portal.example.org";

    [Fact]
    public async Task A_portal_names_its_calls_and_what_they_make_and_finds_both_again()
    {
        await using var world = await TestWorld.StartAsync($"--Cors:Origins:0={Origin}", WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await ItsOwnNames(world, scene, portal);
        await NamesOfMore(world, scene);
        await Expansions(world, scene, portal);
        await Traces(world, scene, portal, receiver);
        await ShortAnswers(world, scene, portal);
        await Browsers(world);
        // From the end of the consent on, the partner's endpoint hears nothing more, also of what waits for another attempt.
        receiver.Answer = (_, _) => 503;
        var waiting = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Contains(receiver.All, one => one.Resource == waiting.Id.ToString());
        receiver.Answer = (_, _) => 200;
        var consent = (await portal.Person.Get("/v1/consents"))["data"][0]!["id"]!.GetValue<string>();
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        var heard = receiver.All.Count;
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.DispatchAsync();
        Assert.Equal(heard, receiver.All.Count);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task A_deprecated_endpoint_says_so_in_every_answer_also_when_it_refuses_and_in_the_contract()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddContract();
        // This one refuses a contract that lacks an operation, and here is next to none.
        builder.Services.Configure<SwaggerGenOptions>(options =>
            options.DocumentFilterDescriptors.RemoveAll(one => one.Type.Name == "Leftovers")
        );
        await using var app = builder.Build();
        app.MapContract();
        app.MapGet("/v1/grants/new", () => Results.Ok()).Says("getNew", "Read it", "As it is now.").AnswersEmpty();
        app.MapGet("/v1/grants/old", (bool refuse) => refuse ? Results.BadRequest() : Results.Ok())
            .Says("getOld", "Read it", "As it was.")
            .AnswersEmpty()
            .Deprecated("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "https://example.org/new");
        await app.StartAsync();
        using var http = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        };
        foreach (var refuse in (bool[])[false, true])
        {
            var answer = await http.GetAsync($"/v1/grants/old?refuse={refuse}");
            Assert.Equal(refuse ? HttpStatusCode.BadRequest : HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("@1767225600", answer.Headers.GetValues("Deprecation").Single());
            Assert.Equal("Thu, 31 Dec 2026 00:00:00 GMT", answer.Headers.GetValues("Sunset").Single());
            Assert.Equal("<https://example.org/new>; rel=\"deprecation\"", answer.Headers.GetValues("Link").Single());
        }

        Assert.False((await http.GetAsync("/v1/grants/new")).Headers.Contains("Deprecation"));
        // The same mark is in the contract, for those who make clients of it.
        var contract = JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json"))!;
        foreach (var (path, isOld) in ((string, bool)[])[("/v1/grants/old", true), ("/v1/grants/new", false)])
        {
            var operation = contract["paths"]![path]!["get"]!;
            Assert.Equal(isOld, operation["deprecated"]?.GetValue<bool>() ?? false);
            Assert.All(
                operation["responses"]!.AsObject(),
                one => Assert.Equal(isOld, one.Value!["headers"]?["Sunset"] is not null && one.Value["headers"]!["Deprecation"] is not null)
            );
        }

        Assert.NotNull(contract["components"]!["headers"]!["Deprecation"]);
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

    /// <summary>Whoever makes a project, a programme or an offer finds it again by a name of its own, which outsiders do not see.</summary>
    private static async Task NamesOfMore(TestWorld world, Scene scene)
    {
        var (_, stranger) = await world.Organization(name: "Outsider");
        var named = new { externalId = "own-1", metadata = new { plan = "starter", team = "speech" } };
        var project = await scene.Startup.Post(
            $"/v1/organizations/{scene.Organization}/projects",
            new
            {
                name = "Robots",
                named.externalId,
                named.metadata,
            }
        );
        var programme = await world.Admin.Post(
            "/v1/programmes",
            new
            {
                name = "Named",
                timeZone = "UTC",
                named.externalId,
                named.metadata,
            }
        );
        var offer = await scene.Operator.Propose(scene.Programme, scene.Provider, 1, rate: 900, region: "kr-south", more: named);
        (await world.Admin.Post($"/v1/offers/{offer.Id}/accept", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var projects = $"/v1/organizations/{scene.Organization}/projects";
        foreach (
            var (list, path, made, maker) in ((string, string, Reply, Person)[])
                [
                    (projects, $"{projects}/{project.Id}", project, scene.Startup),
                    ("/v1/programmes", $"/v1/programmes/{programme.Id}", programme, world.Admin),
                    ("/v1/offers", $"/v1/offers/{offer.Id}", offer, scene.Operator),
                    (
                        "/v1/organizations",
                        $"/v1/organizations/{scene.Organization}",
                        await scene.Startup.Patch($"/v1/organizations/{scene.Organization}", named, Person.AnyVersion),
                        scene.Startup
                    ),
                ]
        )
        {
            Assert.Equal(("own-1", "speech"), (made.Text_("externalId"), made["metadata"]["team"]!.GetValue<string>()));
            var found = (await maker.Get($"{list}?externalId=own-1,own-2")).Expect(HttpStatusCode.OK)["data"].AsArray();
            Assert.Equal(made.Text_("id"), Assert.Single(found)!["id"]!.GetValue<string>());
            Assert.Empty((await maker.Get($"{list}?externalId=own-2"))["data"].AsArray());
            // A change sets and removes single notes, and the others stay.
            var changed = await maker.Patch(path, """{"metadata": {"plan": null, "team": "vision", "new": "1"}}""", Person.AnyVersion);
            Assert.Equal("""{"new":"1","team":"vision"}""", changed.Expect(HttpStatusCode.OK)["metadata"].ToJsonString());
            var many = new { metadata = Enumerable.Range(0, 19).ToDictionary(i => $"key-{i}", _ => "x") };
            (await maker.Patch(path, many, Person.AnyVersion)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "metadata");
            Assert.Equal("own-1", (await maker.Get(path)).Text_("externalId"));
            if (list == projects || list == "/v1/organizations")
                continue;
            // Outsiders know of the programme and the offer, and not how their makers call them.
            Assert.Empty((await stranger.Get($"{list}?externalId=own-1")).Expect(HttpStatusCode.OK)["data"].AsArray());
            var seen = (await stranger.Get(path)).Expect(HttpStatusCode.OK);
            Assert.Equal((null, null), (seen.Body!["externalId"], seen.Body!["metadata"]));
            Assert.Null(JsonNode.Parse(await world.Http.GetStringAsync($"{list}?externalId=own-1"))!["data"]!.AsArray().FirstOrDefault());
        }

        // Notes of characters that JSON writes as two, as long as they may be.
        var longest = new
        {
            metadata = Enumerable.Range(0, 20).ToDictionary(i => $"{new string('k', 38)}{i:00}", _ => new string('"', 500)),
        };
        (await scene.Startup.Post(projects, new { name = "Long", longest.metadata })).Expect(HttpStatusCode.Created);
    }

    /// <summary>A read shows whole what it refers to, on demand, and only what the caller may read by itself.</summary>
    private static async Task Expansions(TestWorld world, Scene scene, Portal portal)
    {
        var key = ("Idempotency-Key", "expanded");
        var asked = (await portal.Person.Ask(scene.Programme, 1, null, Portal.For(scene.Organization), key)).Expect(HttpStatusCode.Created);
        var (request, grant) = ($"/v1/requests/{asked.Id}", $"/v1/grants/{asked.Text_("grantId")}");
        var plain = (await scene.Startup.Get(request)).Expect(HttpStatusCode.OK);
        foreach (var name in (string[])["organization", "programme", "offer", "grant"])
            Assert.Null(plain.Body![name]);
        const string Every = "expand=organization,programme,offer,grant";
        var whole = (await scene.Startup.Get($"{request}?{Every}")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            (scene.Organization.ToString(), scene.Programme.ToString(), scene.Offer.ToString(), asked.Text_("grantId")),
            (Id(whole, "organization"), Id(whole, "programme"), Id(whole, "offer"), Id(whole, "grant"))
        );
        // The ETag is that of all that is shown, and still names the version that a change needs.
        Assert.NotEqual(plain.ETag, whole.ETag);
        Assert.StartsWith(plain.ETag.TrimEnd('"'), whole.ETag, StringComparison.Ordinal);
        (await scene.Startup.Get($"{request}?{Every}", ("If-None-Match", whole.ETag))).Expect(HttpStatusCode.NotModified);
        (await scene.Startup.Post($"{grant}/close", new { reason = "Done" })).Expect(HttpStatusCode.OK);
        var later = (await scene.Startup.Get($"{request}?{Every}", ("If-None-Match", whole.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("ended", later["grant"]["status"]!.GetValue<string>());
        var page = (await portal.Person.Get($"/v1/requests?{Every}", Portal.For(scene.Organization))).Expect(HttpStatusCode.OK);
        Assert.All(page["data"].AsArray(), one => Assert.Equal(one!["grantId"]!.ToString(), one["grant"]!["id"]!.ToString()));
        var grants = (await scene.Startup.Get("/v1/grants?expand=organization,offer&limit=1")).Expect(HttpStatusCode.OK);
        Assert.Equal((true, false), Shown(grants["data"][0]!, "offer", "programme"));
        // A page goes on also when it shows more than the page before.
        (await scene.Startup.Get($"/v1/grants?limit=1&cursor={grants.Text_("nextCursor")}")).Expect(HttpStatusCode.OK);
        // The provider knows the grant and the offer, and not the organization.
        var served = (await scene.Operator.Get($"{grant}?expand=organization,offer")).Expect(HttpStatusCode.OK);
        Assert.Equal((true, false), Shown(served.Body!, "offer", "organization"));
        var reviewer = await world.Reviewer(scene.Programme);
        var reviewed = (await reviewer.Get($"{request}?expand=organization")).Expect(HttpStatusCode.OK);
        Assert.Equal(scene.Organization.ToString(), Id(reviewed, "organization"));
        foreach (
            var (path, word, words) in ((string, string, string)[])
                [
                    (request, "organisation", "organization, programme, offer, grant"),
                    ("/v1/requests", "organization,decision", "organization, programme, offer, grant"),
                    (grant, "grant", "organization, programme, offer"),
                    ("/v1/grants", "request", "organization, programme, offer"),
                ]
        )
        {
            var refused = await scene.Startup.Get($"{path}?expand={word}");
            refused.ExpectProblem(HttpStatusCode.BadRequest, "malformed", "expand");
            Assert.EndsWith($": {words}.", refused["errors"]["expand"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        }

        // Answers that are kept are what they were.
        var again = await portal.Person.Ask(scene.Programme, 1, null, Portal.For(scene.Organization), key);
        Assert.Equal((true, asked.Text), (again.IsReplay, again.Text));

        static string Id(Reply reply, string name) => reply[name]["id"]!.GetValue<string>();
        static (bool, bool) Shown(JsonNode node, string one, string other) => (node[one] is not null, node[other] is not null);
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
        await world.DispatchAsync();
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
}
