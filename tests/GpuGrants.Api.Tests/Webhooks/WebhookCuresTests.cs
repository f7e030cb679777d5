using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>What is mended works at once, and one fault harms nothing beside it.</summary>
public sealed class WebhookCuresTests
{
    [Fact]
    public async Task A_rotation_is_the_cure_of_a_secret_that_nobody_can_read()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        await world.LoseSecretsAsync();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        (await scene.Startup.Post($"{path}/rotate-secret")).Expect(HttpStatusCode.OK);
        // The pause after a run that broke ends with the rotation.
        await world.DispatchAsync();
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_ping_by_a_secret_that_nobody_can_read_is_refused_until_the_rotation()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var (organization, owner) = await world.Organization();
        var path = await owner.Endpoint("organization", organization, receiver.Url);
        await world.LoseSecretsAsync();
        (await owner.Post($"{path}/ping")).ExpectProblem(HttpStatusCode.Conflict, "secret-unreadable");
        (await owner.Post($"{path}/rotate-secret")).Expect(HttpStatusCode.OK);
        (await owner.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_new_address_ends_the_pause_of_one_that_took_nothing()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var old = await Receiver.StartAsync();
        await using var next = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, old.Url);
        old.Answer = (_, _) => 500;
        for (var i = 0; i < 12; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.DoesNotContain(old.All, one => one.Resource == asked.Id.ToString());
        (await scene.Startup.Patch(path, new { url = next.Url }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.DispatchAsync();
        Assert.Contains(next.Taken, one => one.Resource == asked.Id.ToString());
    }

    [Fact]
    public async Task A_new_address_gets_at_once_what_the_old_one_was_to_get_hours_later()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var old = await Receiver.StartAsync();
        await using var next = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, old.Url);
        old.Answer = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "80000";
            return 503;
        };
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        (await scene.Startup.Patch(path, new { url = next.Url }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(next.Taken).Resource);
        // No second time: what waits keeps its moments from here on.
        next.Answer = (_, _) => 503;
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        await world.DispatchAsync();
        Assert.Equal(2, next.All.Count);
    }

    /// <summary>Such an endpoint always has more than one run does. So no run looks at everything.</summary>
    [Fact]
    public async Task An_endpoint_that_is_always_busy_is_forgiven_a_fault_that_its_runs_came_past()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:LeaseSeconds=600");
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.RefusePositionsAsync();
        await world.DispatchAsync();
        await world.KeepPositionsAsync();
        // So much later that no clock can have been as far ahead: none of it was there when the work broke.
        world.Clock.Advance(TimeSpan.FromMinutes(20));
        for (var i = 0; i < 20; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        var calls = 0;
        receiver.Answer = (_, _) =>
        {
            // Some ten events are a run. In the second one another fault begins.
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            if (Interlocked.Increment(ref calls) == 15)
                BreakAgainAsync().GetAwaiter().GetResult();
            return 200;
        };
        world.Clock.Advance(TimeSpan.FromDays(4));
        await world.DispatchAsync();
        scene.Startup.ForgetToken();
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_dispatch where broken_since is not null"));
        Assert.Empty((await scene.Startup.Get("/v1/events?types=webhook-endpoint.failing")).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Equal("active", (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text_("status"));

        async Task BreakAgainAsync()
        {
            scene.Startup.ForgetToken();
            await world.RefusePositionsAsync();
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task The_log_has_also_what_a_run_sent_before_it_broke()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var whole = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Id;
        var spoilt = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Id;
        await world.DispatchAsync();
        var log = (await scene.Startup.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
        foreach (var request in (Guid[])[whole, spoilt])
        {
            var sent = log.Single(one => one!["request"]!.GetValue<string>().Contains(request.ToString(), StringComparison.Ordinal));
            (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = sent!["id"]!.GetValue<string>() })).Expect(
                HttpStatusCode.NoContent
            );
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // No moment of .NET: nobody can read the event.
        await world.ScalarAsync<long>(
            "alter table events disable trigger events_append_only; "
                + $"update events set occurred_at = '4713-01-01 BC' where resource_id = '{spoilt}'; select 1::bigint"
        );
        await world.DispatchAsync();
        Assert.Equal(3, receiver.All.Count);
        Assert.Equal(3, await world.ScalarAsync<long>("select sum(deliveries)::bigint from webhook_delivery_parts"));
    }

    [Fact]
    public async Task An_endpoint_whose_row_cannot_be_read_keeps_no_other_from_its_events()
    {
        var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs, WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, $"{receiver.Url}/spoilt");
        await world.ScalarAsync<long>("update webhook_endpoints set created_at = '4713-01-01 BC'; select 1::bigint");
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Single(receiver.All);
        Assert.Contains(
            logs.Lines,
            line => line.Contains($"The row of webhook endpoint {path.Split('/')[^1]} cannot be read.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Events_that_were_given_up_are_forgotten_also_after_a_clock_that_ran_ahead_was_corrected()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        var (organization, owner) = await world.Organization();
        await owner.Endpoint("organization", organization, "https://a.test/");
        world.Clock.AdjustTime(world.Now.AddDays(365));
        await world.DispatchAsync();
        world.Clock.AdjustTime(world.Now.AddDays(-365));
        await world.ScalarAsync<long>(
            "with old as (insert into webhook_waiting select endpoint_id, gen_random_uuid(), 1, gen_random_uuid(), 'request/old', 8, $1, "
                + "'failed' from webhook_dispatch returning 1) select count(*) from old",
            world.Now.AddDays(-31)
        );
        await world.DispatchAsync();
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }
}
