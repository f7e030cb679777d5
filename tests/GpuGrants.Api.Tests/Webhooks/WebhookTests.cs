using System.Globalization;
using System.Net;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Endpoints are told of what their owners see: signed, in order, and until they have taken it.</summary>
public sealed class WebhookTests
{
    private const string Loopback = "--Webhooks:AllowedNetworks:0=127.0.0.0/8";

    [Fact]
    public async Task An_approval_reaches_the_applicants_endpoint_signed_and_in_order()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var before = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var made = await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        Assert.True(WebhookSecret.TryParse(made.Text_("secret"), out var secret));
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
        await DispatchAsync(world);

        Assert.Equal(["request.in-review", "request.approved"], receiver.All.Select(one => one.Type));
        Assert.All(receiver.All, one => Assert.Equal(waiting.Id.ToString(), one.Resource));
        Assert.DoesNotContain(receiver.All, one => one.Resource == before.Id.ToString());
        foreach (var one in receiver.All)
        {
            var seconds = long.Parse(one.Timestamp, CultureInfo.InvariantCulture);
            Assert.Equal(WebhookSignature.Of([secret], one.Id, seconds, one.Body), one.Signature);
            Assert.Equal(one.Json["id"]!.GetValue<string>(), one.Id);
            Assert.NotNull(one.Json["timestamp"]);
            Assert.Equal(waiting.Id.ToString(), one.Json["data"]!["requestId"]!.GetValue<string>());
        }

        Assert.Null((await scene.Startup.Get($"/v1/webhook-endpoints/{made.Id}")).Expect(HttpStatusCode.OK).Body!["secret"]);
        var log = (await scene.Startup.Get($"/v1/webhook-endpoints/{made.Id}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(2, log.Count);
        Assert.All(log, one => Assert.Equal("answer 200", one!["response"]!.GetValue<string>()));
        Assert.DoesNotContain(secret.Reveal(), await world.ScalarAsync<string>("select string_agg(w::text, ' ') from webhook_endpoints w"));
    }

    [Fact]
    public async Task An_event_that_is_not_taken_waits_with_its_resource_while_others_go_on()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        var stuck = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        receiver.Answer = (one, _) => one.Resource == stuck.Id.ToString() ? 500 : 200;
        (await scene.Startup.Post($"/v1/requests/{stuck.Id}/withdraw")).Expect(HttpStatusCode.OK);
        var other = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        Assert.Equal([other.Id.ToString()], receiver.Taken.Select(one => one.Resource));
        Assert.Single(receiver.All, one => one.Status == 500);

        receiver.Answer = (_, _) => 200;
        await DispatchAsync(world);
        Assert.Equal(2, receiver.All.Count);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await DispatchAsync(world);
        Assert.Equal(
            ["request.in-review", "request.withdrawn"],
            receiver.Taken.Where(one => one.Resource == stuck.Id.ToString()).Select(one => one.Type)
        );
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task A_dead_endpoint_is_given_up_after_its_last_attempt_and_delays_no_other()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var live = await Receiver.StartAsync();
        await using var dead = await Receiver.StartAsync();
        dead.Answer = (_, _) => 503;
        var scene = await world.Scene();
        await EndpointAsync(scene.Startup, scene.Organization, dead.Url, "request.*");
        await EndpointAsync(scene.Startup, scene.Organization, live.Url, "request.*");
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        Assert.Single(live.Taken);
        for (var attempt = 1; attempt < RetrySchedule.MaxAttempts; attempt++)
        {
            Assert.Equal(attempt, dead.All.Count);
            world.Clock.Advance(TimeSpan.FromHours(11));
            await DispatchAsync(world);
        }

        Assert.Single(dead.All.Select(one => one.Id).Distinct());
        Assert.Equal("failed", await world.ScalarAsync<string>("select status from webhook_waiting"));
        world.Clock.Advance(TimeSpan.FromHours(11));
        await DispatchAsync(world);
        Assert.Equal(RetrySchedule.MaxAttempts, dead.All.Count);
        Assert.Single(live.All);
    }

    [Fact]
    public async Task A_receiver_may_ask_for_time_and_may_say_that_it_is_gone()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "3600";
            return 429;
        };
        var scene = await world.Scene();
        var made = await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await DispatchAsync(world);
        Assert.Single(receiver.All);
        receiver.Answer = (_, _) => 410;
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await DispatchAsync(world);
        scene.Startup.ForgetToken();
        var gone = (await scene.Startup.Get($"/v1/webhook-endpoints/{made.Id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", gone.Text_("status"));
        Assert.Contains("410", gone.Text_("disabledReason"), StringComparison.Ordinal);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        Assert.Equal(2, receiver.All.Count);
    }

    [Fact]
    public async Task An_endpoint_that_takes_nothing_for_five_days_is_disabled_after_a_notice()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, _) => 500;
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        var made = await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        for (var day = 0; day < 6; day++)
        {
            scene.Startup.ForgetToken();
            (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
            await DispatchAsync(world);
            world.Clock.Advance(TimeSpan.FromDays(1));
        }

        scene.Startup.ForgetToken();
        Assert.Equal("disabled", (await scene.Startup.Get($"/v1/webhook-endpoints/{made.Id}")).Expect(HttpStatusCode.OK).Text_("status"));
        var told = (await scene.Startup.Get("/v1/events?limit=100&types=webhook-endpoint.*")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(
            ["webhook-endpoint.created", "webhook-endpoint.failing", "webhook-endpoint.disabled"],
            told.Select(one => one!["type"]!.GetValue<string>())
        );
    }

    [Fact]
    public async Task Two_replicas_lose_nothing_and_keep_the_order_of_each_resource()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: Scenes.PerRequest("10"));
        await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        var calls = 0;
        receiver.Answer = (_, _) => Interlocked.Increment(ref calls) % 5 == 0 ? 500 : 200;
        for (var round = 0; round < 4; round++)
        {
            // A replica that comes and goes, in the middle of its work.
            await using var second = await world.StartSecondAsync(Loopback);
            var asked = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => scene.Startup.Ask(scene.Programme, 11)));
            var dispatching = Task.WhenAll(DispatchAsync(world), DispatchAsync(second));
            await Task.WhenAll(asked.Select(one => scene.Startup.Post($"/v1/requests/{one.Id}/withdraw")));
            await dispatching;
        }

        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await DispatchAsync(world);
        var taken = receiver.Taken.GroupBy(one => one.Resource).ToList();
        Assert.Equal(20, taken.Count);
        Assert.All(
            taken,
            one =>
                Assert.Equal(["request.in-review", "request.withdrawn"], one.DistinctBy(event_ => event_.Id).Select(event_ => event_.Type))
        );
    }

    [Fact]
    public async Task Secrets_overlap_pings_answer_and_deliveries_are_sent_again()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var made = await EndpointAsync(scene.Startup, scene.Organization, receiver.Url, "request.*");
        var path = $"/v1/webhook-endpoints/{made.Id}";
        var rotated = (await scene.Startup.Post($"{path}/rotate-secret")).Expect(HttpStatusCode.OK);
        Assert.NotEqual(made.Text_("secret"), rotated.Text_("secret"));
        Assert.Equal(200, (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK)["statusCode"].GetValue<int>());
        var ping = Assert.Single(receiver.All);
        Assert.Equal("webhook.ping", ping.Type);
        WebhookSecret[] secrets = [.. ((Reply[])[rotated, made]).Select(SecretOf)];
        var seconds = long.Parse(ping.Timestamp, CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSignature.Of(secrets, ping.Id, seconds, ping.Body), ping.Signature);

        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        var log = (await scene.Startup.Get($"{path}/deliveries?limit=100")).Expect(HttpStatusCode.OK)["data"].AsArray();
        var delivery = log.Single(one => one!["eventType"]!.GetValue<string>() == "request.approved")!["id"]!.GetValue<string>();
        (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = delivery })).Expect(HttpStatusCode.NoContent);
        await DispatchAsync(world);
        (await scene.Startup.Post($"{path}/redeliver", new { since = world.Now.AddHours(-1) })).Expect(HttpStatusCode.NoContent);
        await DispatchAsync(world);
        Assert.Equal(3, receiver.All.Count(one => one.Type == "request.approved"));
        Assert.Single(receiver.All.Where(one => one.Type == "request.approved").Select(one => one.Id).Distinct());
        (await scene.Startup.Post($"{path}/redeliver", new { })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "deliveryId");
    }

    [Fact]
    public async Task Cloud_events_come_by_option_and_each_owner_sees_only_its_own()
    {
        await using var world = await TestWorld.StartAsync(Loopback);
        await using var receiver = await Receiver.StartAsync();
        await using var others = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (stranger, owner) = await world.Organization(name: "Another");
        await EndpointAsync(owner, stranger, others.Url, "request.*");
        (
            await scene.Operator.Post(
                "/v1/webhook-endpoints",
                new
                {
                    ownerKind = "provider",
                    ownerId = scene.Provider,
                    url = receiver.Url,
                    types = new[] { "request.approved" },
                    format = "cloudevents",
                }
            )
        ).Expect(HttpStatusCode.Created);
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await DispatchAsync(world);
        Assert.Empty(others.All);
        var one = Assert.Single(receiver.All);
        Assert.StartsWith("application/cloudevents+json", one.ContentType, StringComparison.Ordinal);
        Assert.Equal("1.0", one.Json["specversion"]!.GetValue<string>());
        Assert.Equal($"request/{asked.Id}", one.Json["subject"]!.GetValue<string>());
        Assert.Equal(one.Id, one.Json["id"]!.GetValue<string>());
        Assert.Equal(asked.Text_("grantId"), one.Json["data"]!["grantId"]!.GetValue<string>());
        (await owner.Post("/v1/webhook-endpoints", Body("organization", scene.Organization, others.Url))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "ownerId"
        );
    }

    [Fact]
    public async Task Addresses_inside_are_never_reached_and_redirects_never_followed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        foreach (
            var url in (string[])["http://example.org", "ftp://example.org", "https://u:p@example.org", "https://localhost", "nonsense"]
        )
            (await scene.Startup.Post("/v1/webhook-endpoints", Body("organization", scene.Organization, url))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "url"
            );
        var inside = receiver.Url.Replace("http://", "https://", StringComparison.Ordinal);
        var made = await EndpointAsync(scene.Startup, scene.Organization, inside, "request.*");
        var ping = (await scene.Startup.Post($"/v1/webhook-endpoints/{made.Id}/ping")).Expect(HttpStatusCode.OK);
        Assert.Contains("webhooks do not reach", ping.Text_("error"), StringComparison.Ordinal);
        Assert.Empty(receiver.All);

        await using var open = await world.StartSecondAsync(Loopback);
        receiver.Answer = (_, http) =>
        {
            http.Response.Headers.Location = receiver.Url + "/elsewhere";
            return 302;
        };
        var startup = scene.Startup.On(open);
        var plain = await EndpointAsync(startup, scene.Organization, receiver.Url, "request.*");
        Assert.Equal(
            302,
            (await startup.Post($"/v1/webhook-endpoints/{plain.Id}/ping")).Expect(HttpStatusCode.OK)["statusCode"].GetValue<int>()
        );
        Assert.Single(receiver.All);
    }

    private static object Body(string kind, Guid owner, string url, params string[] types) =>
        new
        {
            ownerKind = kind,
            ownerId = owner,
            url,
            types,
        };

    private static async Task<Reply> EndpointAsync(Person person, Guid organization, string url, params string[] types) =>
        (await person.Post("/v1/webhook-endpoints", Body("organization", organization, url, types))).Expect(HttpStatusCode.Created);

    private static WebhookSecret SecretOf(Reply reply) =>
        WebhookSecret.TryParse(reply.Text_("secret"), out var secret) ? secret : throw new Xunit.Sdk.XunitException("No secret");

    private static Task DispatchAsync(TestWorld world) =>
        world.Services.GetRequiredService<WebhookDispatcher>().RunAsync(CancellationToken.None);
}
