using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;
using GpuGrants.Client;
using GpuGrants.Webhooks;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Endpoints are told of what their owners see: signed, in order, and until they have taken it.</summary>
public sealed class WebhookTests
{
    private const string Inside = "The host has only addresses that webhooks do not reach, such as private or loopback ones.";

    /// <summary>Ways to write an address inside, some of which only some programs read so.</summary>
    private static readonly string[] InsideHosts =
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "0x7f.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "0X7F000001",
        "00000177.0.0.1",
        "0",
        "0.0.0.0",
        "0x0",
        "127。0。0。1",
        "１２７.0.0.1",
        "①②⑦.0.0.1",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[0000::0001]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:7f00:0001::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "168.63.129.16",
        "100.100.100.200",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "192.0.0.192",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a@127.0.0.1",
        "127.0.0.1%00.example.org",
        "127.0.0.1\\@example.org",
        "example.org@127.0.0.1",
    ];

    private const string Standard =
        "type timestamp data version id rootProgrammeId sequence resourceType resourceId organizationId actorId onBehalfOf traceparent "
        + "requestName livemode";

    private const string Cloud = "specversion id source type time subject datacontenttype dataversion sequence data";

    [Fact]
    public async Task An_approval_reaches_the_applicants_endpoint_signed_and_in_order()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var before = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var made = (await scene.Startup.NewEndpoint("organization", scene.Organization, receiver.Url)).Expect(HttpStatusCode.Created);
        Assert.True(WebhookSecret.TryParse(made.Text_("secret"), out var secret));
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
        await world.DispatchAsync();

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
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var stuck = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        receiver.Answer = (one, _) => one.Resource == stuck.Id.ToString() ? 500 : 200;
        (await scene.Startup.Post($"/v1/requests/{stuck.Id}/withdraw")).Expect(HttpStatusCode.OK);
        var other = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal([other.Id.ToString()], receiver.Taken.Select(one => one.Resource));
        Assert.Single(receiver.All, one => one.Status == 500);

        receiver.Answer = (_, _) => 200;
        await world.DispatchAsync();
        Assert.Equal(2, receiver.All.Count);
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await world.DispatchAsync();
        Assert.Equal(
            ["request.in-review", "request.withdrawn"],
            receiver.Taken.Where(one => one.Resource == stuck.Id.ToString()).Select(one => one.Type)
        );
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task A_dead_endpoint_is_given_up_after_its_last_attempt_and_delays_no_other()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var live = await Receiver.StartAsync();
        await using var dead = await Receiver.StartAsync();
        dead.Answer = (_, _) => 503;
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, dead.Url);
        await scene.Startup.Endpoint("organization", scene.Organization, live.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Single(live.Taken);
        for (var attempt = 1; attempt < RetrySchedule.MaxAttempts; attempt++)
        {
            Assert.Equal(attempt, dead.All.Count);
            world.Clock.Advance(TimeSpan.FromHours(11));
            await world.DispatchAsync();
        }

        Assert.Single(dead.All.Select(one => one.Id).Distinct());
        Assert.Equal("failed", await world.ScalarAsync<string>("select status from webhook_waiting"));
        world.Clock.Advance(TimeSpan.FromHours(11));
        await world.DispatchAsync();
        Assert.Equal(RetrySchedule.MaxAttempts, dead.All.Count);
        Assert.Single(live.All);
    }

    [Fact]
    public async Task A_receiver_that_is_down_gets_a_pause_and_later_everything_in_order()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, _) => 503;
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: Scenes.PerRequest("10"));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var asked = await Task.WhenAll(Enumerable.Range(0, 45).Select(_ => scene.Startup.Ask(scene.Programme, 11)));
        await world.DispatchAsync();
        var tried = receiver.All.Count;
        Assert.InRange(tried, 8, 16);
        await Task.WhenAll(asked.Select(one => scene.Startup.Post($"/v1/requests/{one.Id}/withdraw")));
        world.Clock.Advance(TimeSpan.FromSeconds(59));
        await world.DispatchAsync();
        Assert.Equal(tried, receiver.All.Count);
        // What is left stays behind the position: a receiver that is down writes no row for each event.
        Assert.InRange(await world.ScalarAsync<long>("select count(*) from webhook_waiting"), 8, 32);
        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.DispatchAsync();
        var taken = receiver.Taken.GroupBy(one => one.Resource).ToList();
        Assert.Equal(45, taken.Count);
        Assert.All(taken, one => Assert.Equal(["request.in-review", "request.withdrawn"], one.Select(event_ => event_.Type)));
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task Many_endpoints_of_a_tree_with_many_events_each_get_theirs_in_order()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: Scenes.PerRequest("10"));
        string[][] filters =
        [
            ["request.*"],
            ["request.withdrawn"],
            ["request.in-review"],
            [],
        ];
        var receivers = new List<Receiver>();
        foreach (var types in filters)
        {
            receivers.Add(await Receiver.StartAsync());
            var body = new
            {
                ownerKind = "platform",
                url = receivers[^1].Url,
                types,
            };
            (await world.Admin.Post("/v1/webhook-endpoints", body)).Expect(HttpStatusCode.Created);
        }

        await world.DispatchAsync();
        const int Requests = 140;
        for (var i = 0; i < Requests; i++)
        {
            var asked = (await scene.Startup.Ask(scene.Programme, 11)).Expect(HttpStatusCode.Created);
            (await scene.Startup.Post($"/v1/requests/{asked.Id}/withdraw")).Expect(HttpStatusCode.OK);
            // Some looks find a block of events that others have begun to read.
            if (i % 50 == 49)
                await world.DispatchAsync();
        }

        await world.DispatchAsync();
        Assert.Equal(
            [2 * Requests, Requests, Requests, 2 * Requests],
            receivers.Select(one => one.All.Count(event_ => event_.Type.StartsWith("request.", StringComparison.Ordinal)))
        );
        Assert.All(
            receivers[0].All.GroupBy(one => one.Resource),
            one => Assert.Equal(["request.in-review", "request.withdrawn"], one.Select(event_ => event_.Type))
        );
        Assert.All(receivers, one => Assert.Equal(one.All.Count, one.All.Select(event_ => event_.Id).Distinct().Count()));
        foreach (var one in receivers)
            await one.DisposeAsync();
    }

    [Fact]
    public async Task A_receiver_may_ask_for_time_and_may_say_that_it_is_gone()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "3600";
            return 429;
        };
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await world.DispatchAsync();
        Assert.Single(receiver.All);
        receiver.Answer = (_, _) => 410;
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.DispatchAsync();
        scene.Startup.ForgetToken();
        var gone = (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", gone.Text_("status"));
        Assert.Contains("410", gone.Text_("disabledReason"), StringComparison.Ordinal);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal(2, receiver.All.Count);
    }

    [Fact]
    public async Task An_endpoint_that_takes_nothing_for_five_days_is_disabled_after_a_notice()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, _) => 500;
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        for (var day = 0; day < 6; day++)
        {
            scene.Startup.ForgetToken();
            (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
            await world.DispatchAsync();
            world.Clock.Advance(TimeSpan.FromDays(1));
        }

        scene.Startup.ForgetToken();
        Assert.Equal("disabled", (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text_("status"));
        var told = (await scene.Startup.Get("/v1/events?limit=100&types=webhook-endpoint.*")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(
            ["webhook-endpoint.created", "webhook-endpoint.failing", "webhook-endpoint.disabled"],
            told.Select(one => one!["type"]!.GetValue<string>())
        );
    }

    [Fact]
    public async Task Two_replicas_lose_nothing_and_keep_the_order_of_each_resource()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000, rules: Scenes.PerRequest("10"));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var calls = 0;
        receiver.Answer = (_, _) => Interlocked.Increment(ref calls) % 5 == 0 ? 500 : 200;
        for (var round = 0; round < 4; round++)
        {
            // A replica that comes and goes, in the middle of its work.
            await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
            var asked = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => scene.Startup.Ask(scene.Programme, 11)));
            var dispatching = Task.WhenAll(world.DispatchAsync(), second.DispatchAsync());
            await Task.WhenAll(asked.Select(one => scene.Startup.Post($"/v1/requests/{one.Id}/withdraw")));
            await dispatching;
        }

        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.DispatchAsync();
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
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var made = (await scene.Startup.NewEndpoint("organization", scene.Organization, receiver.Url)).Expect(HttpStatusCode.Created);
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
        await world.DispatchAsync();
        var log = (await scene.Startup.Get($"{path}/deliveries?limit=100")).Expect(HttpStatusCode.OK)["data"].AsArray();
        var delivery = log.Single(one => one!["eventType"]!.GetValue<string>() == "request.approved")!["id"]!.GetValue<string>();
        (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = delivery })).Expect(HttpStatusCode.NoContent);
        await world.DispatchAsync();
        (await scene.Startup.Post($"{path}/redeliver", new { since = world.Now.AddHours(-1) })).Expect(HttpStatusCode.NoContent);
        await world.DispatchAsync();
        Assert.Equal(3, receiver.All.Count(one => one.Type == "request.approved"));
        Assert.Single(receiver.All.Where(one => one.Type == "request.approved").Select(one => one.Id).Distinct());
        (await scene.Startup.Post($"{path}/redeliver", new { })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "deliveryId");
        // The typed client takes an answer without a body, too.
        using var client = new GpuGrantsClient(world.Address, new ClientCredentials(scene.Startup.ClientId, scene.Startup.ClientSecret));
        Assert.Null(await client.PostAsync<object>($"{path}/redeliver", new { since = world.Now }));
    }

    [Fact]
    public async Task Cloud_events_come_by_option_and_each_owner_sees_only_its_own()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        await using var others = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (stranger, owner) = await world.Organization(name: "Another");
        await owner.Endpoint("organization", stranger, others.Url);
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
        await world.DispatchAsync();
        Assert.Empty(others.All);
        var one = Assert.Single(receiver.All);
        Assert.StartsWith("application/cloudevents+json", one.ContentType, StringComparison.Ordinal);
        Assert.Equal("1.0", one.Json["specversion"]!.GetValue<string>());
        Assert.Equal($"request/{asked.Id}", one.Json["subject"]!.GetValue<string>());
        Assert.Equal(one.Id, one.Json["id"]!.GetValue<string>());
        Assert.Equal(asked.Text_("grantId"), one.Json["data"]!["grantId"]!.GetValue<string>());
        (await owner.NewEndpoint("organization", scene.Organization, others.Url)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "ownerId"
        );
    }

    [Fact]
    public async Task An_event_has_the_same_members_in_each_version_of_the_service_and_the_log_shows_the_bytes_that_were_sent()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        var scene = await world.Scene();
        await using var receiver = await Receiver.StartAsync();
        var paths = new List<string>();
        foreach (var format in (string[])["standard", "cloudevents"])
        {
            var made = await scene.Startup.Post(
                "/v1/webhook-endpoints",
                new
                {
                    ownerKind = "organization",
                    ownerId = scene.Organization,
                    url = receiver.Url,
                    types = (string[])["request.approved"],
                    format,
                }
            );
            paths.Add($"/v1/webhook-endpoints/{made.Expect(HttpStatusCode.Created).Id}");
        }

        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        // The log is in the order of time, and the ping comes later.
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var sent = new List<string>();
        foreach (var path in paths)
        {
            (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
            var log = (await scene.Startup.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
            Assert.Equal(["webhook.ping", "request.approved"], log.Select(one => one!["eventType"]!.GetValue<string>()));
            sent.AddRange(log.Select(one => one!["request"]!.GetValue<string>()));
        }

        Assert.Equal(receiver.All.Select(one => Encoding.UTF8.GetString(one.Body)).Order(), sent.Order());
        // Deliveries keep no copy of the body. So a new member follows from a new column, and old events go without it.
        Assert.Equal([Standard, Cloud], ((string[])[sent[1], sent[3]]).Select(Members));
    }

    [Fact]
    public async Task Addresses_inside_are_never_reached_and_redirects_never_followed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var world = await TestWorld.StartAsync("--Webhooks:EndpointsPerOwner=100");
        var scene = await world.Scene();
        foreach (
            var url in (string[])["http://example.org", "ftp://example.org", "https://u:p@example.org", "https://localhost", "nonsense"]
        )
            (await scene.Startup.NewEndpoint("organization", scene.Organization, url)).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "url"
            );
        var inside = receiver.Url.Replace("http://", "https://", StringComparison.Ordinal);
        var path = await scene.Startup.Endpoint("organization", scene.Organization, inside);
        var ping = (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
        Assert.Contains("webhooks do not reach", ping.Text_("error"), StringComparison.Ordinal);
        Assert.Empty(receiver.All);
        foreach (var host in InsideHosts)
        {
            var url = $"https://{host}:{new Uri(receiver.Url).Port}/";
            var tried = await scene.Startup.NewEndpoint("organization", scene.Organization, url);
            if (tried.Status == HttpStatusCode.BadRequest)
            {
                tried.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "url");
                continue;
            }

            var pinged = (await scene.Startup.Post($"/v1/webhook-endpoints/{tried.Expect(HttpStatusCode.Created).Id}/ping")).Expect(
                HttpStatusCode.OK
            );
            Assert.Null(pinged.Body!["statusCode"]);
            Assert.Contains(pinged.Text_("error"), (string[])[Inside, "The host has no address."]);
        }

        await using var open = await world.StartSecondAsync(WebhookScenes.Loopback, "--Webhooks:EndpointsPerOwner=100");
        receiver.Answer = (_, http) =>
        {
            http.Response.Headers.Location = receiver.Url + "/elsewhere";
            return 302;
        };
        var startup = scene.Startup.On(open);
        var plain = (await startup.NewEndpoint("organization", scene.Organization, receiver.Url)).Expect(HttpStatusCode.Created);
        Assert.Equal(
            302,
            (await startup.Post($"/v1/webhook-endpoints/{plain.Id}/ping")).Expect(HttpStatusCode.OK)["statusCode"].GetValue<int>()
        );
        Assert.Single(receiver.All);
    }

    /// <summary>What a restore to an earlier moment does to whoever has read further: a number is another event's.</summary>
    [Fact]
    public async Task After_a_restore_an_endpoint_goes_on_from_shortly_before_it_and_gets_what_happened_instead()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        (await scene.Startup.Ask(scene.Programme, 2)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var before = receiver.All.Select(one => one.Id).ToList();
        await world.ScalarAsync<long>(
            "alter table events disable trigger user; update events set id = gen_random_uuid() where type = 'request.approved' and "
                + "sequence = (select max(sequence) from events where type = 'request.approved'); "
                + "alter table events enable trigger user; select count(*) from events"
        );
        (await scene.Startup.Ask(scene.Programme, 3)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var ids = await world.ScalarAsync<string>(
            "select string_agg(id::text, ' ' order by sequence) from events where type = 'request.approved'"
        );
        // The first is older than the margin, so it does not come again.
        Assert.Equal(ids.Split(' ')[1..].Order(), receiver.All.Select(one => one.Id).Except(before).Order());
        Assert.Equal(4, receiver.All.Count);
    }

    [Fact]
    public async Task A_receiver_that_hangs_drips_floods_resets_or_loops_costs_little_and_is_answered()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:TimeoutSeconds=3");
        var scene = await world.Scene();
        foreach (var (habit, status, error) in HostileReceiver.Expected)
        {
            await using var hostile = HostileReceiver.Start(habit);
            var path = await scene.Startup.Endpoint("organization", scene.Organization, hostile.Url);
            var ping = (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
            Assert.Equal((habit, status), (habit, ping.Body!["statusCode"]?.GetValue<int>()));
            Assert.Equal((habit, error), (habit, ping.Body["error"]?.GetValue<string>()));
            Assert.InRange(ping.Body["response"]?.GetValue<string>().Length ?? 0, 0, 1_024);
            Assert.Equal((habit, 1), (habit, hostile.Connections));
            // Who drips sends some twenty bytes in a second, and is heard for three.
            Assert.InRange(hostile.BytesSent, 0, habit.StartsWith("drips", StringComparison.Ordinal) ? 600 : 64_000_000);
        }
    }

    /// <summary>The members of a body in their order.</summary>
    private static string Members(string body) => string.Join(' ', JsonNode.Parse(body)!.AsObject().Select(one => one.Key));

    private static WebhookSecret SecretOf(Reply reply) =>
        WebhookSecret.TryParse(reply.Text_("secret"), out var secret) ? secret : throw new Xunit.Sdk.XunitException("No secret");
}
