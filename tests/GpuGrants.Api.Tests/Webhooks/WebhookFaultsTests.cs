using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>What the service itself cannot do for an endpoint neither blocks it for ever nor goes unseen.</summary>
public sealed class WebhookFaultsTests
{
    [Fact]
    public async Task An_answer_that_the_database_refuses_is_left_out_of_the_log_and_the_endpoint_goes_on()
    {
        var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs, WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var endpoint = (await scene.Startup.NewEndpoint("organization", scene.Organization, receiver.Url))
            .Expect(HttpStatusCode.Created)
            .Id;
        await world.ScalarAsync<long>(
            "alter table webhook_delivery_parts add constraint picky check (array_to_string(responses, '') not like '%answer 200%'); "
                + "select 1::bigint"
        );
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        (await scene.Startup.Post($"/v1/webhook-endpoints/{endpoint}/ping")).Expect(HttpStatusCode.OK);
        Assert.Equal(3, receiver.Taken.Select(one => one.Id).Distinct().Count());
        Assert.Equal(3, receiver.All.Count);
        var log = (await scene.Startup.Get($"/v1/webhook-endpoints/{endpoint}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(
            Enumerable.Repeat((200, "The database refused to keep the answer."), 3),
            log.Select(one => (one!["statusCode"]!.GetValue<int>(), one["response"]!.GetValue<string>()))
        );
        Assert.Contains(logs.Lines, line => line.Contains($"What webhook endpoint {endpoint} answered", StringComparison.Ordinal));
    }

    /// <summary>Nothing would be written down, so the same would be sent again every half minute, and nobody would know.</summary>
    [Theory]
    [InlineData(
        "create function refuse() returns trigger language plpgsql as $$ begin raise check_violation; end $$; "
            + "create trigger refuse before insert or update on webhook_positions for each row execute function refuse()",
        true
    )]
    [InlineData("update webhook_endpoints set secret = '\\x00'", false)]
    public async Task An_endpoint_for_which_the_work_always_fails_is_told_of_and_disabled_after_five_days(string fault, bool isSent)
    {
        var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs, WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var endpoint = (await scene.Startup.NewEndpoint("organization", scene.Organization, receiver.Url))
            .Expect(HttpStatusCode.Created)
            .Id;
        await world.ScalarAsync<long>($"{fault}; select 1::bigint");
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        for (var hour = 0; hour < 6 * 24; hour += 6)
        {
            await world.DispatchAsync();
            // In no time nothing is tried again.
            await world.DispatchAsync();
            world.Clock.Advance(TimeSpan.FromHours(6));
        }

        scene.Startup.ForgetToken();
        var path = $"/v1/webhook-endpoints/{endpoint}";
        var found = (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK);
        Assert.Equal("disabled", found.Text_("status"));
        Assert.StartsWith("For five days the service could not work for it.", found.Text_("disabledReason"), StringComparison.Ordinal);
        var told = (await scene.Startup.Get("/v1/events?limit=100&types=webhook-endpoint.*")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(
            ["webhook-endpoint.created", "webhook-endpoint.failing", "webhook-endpoint.disabled"],
            told.Select(one => one!["type"]!.GetValue<string>())
        );
        Assert.Contains(
            logs.Lines,
            line =>
                line.StartsWith("Error", StringComparison.Ordinal)
                && line.Contains($"webhook endpoint {endpoint}", StringComparison.Ordinal)
        );
        // A receiver gets it once in each run, and its owner sees that.
        var log = (await scene.Startup.Get($"{path}/deliveries?limit=100")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(receiver.All.Count, log.Count);
        Assert.Equal(isSent, receiver.All.Count > 0);
        Assert.InRange(receiver.All.Count, 0, 6 * 4);
    }

    [Fact]
    public async Task A_fault_that_was_mended_days_ago_says_nothing_of_the_next_one()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url, "grant.revoked");
        await world.RefusePositionsAsync();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        await world.KeepPositionsAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        // Nothing is sent, because nothing of its type happens.
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromDays(4));
        await world.RefusePositionsAsync();
        scene.Startup.ForgetToken();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty((await scene.Startup.Get("/v1/events?types=webhook-endpoint.failing")).Expect(HttpStatusCode.OK)["data"].AsArray());
        Assert.Equal("active", (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text_("status"));
    }

    /// <summary>A slow receiver's retries take a whole run, which does not come to what breaks the next one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    public async Task Work_that_always_breaks_is_told_of_also_where_something_else_is_taken_in_each_run(int seconds)
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:LeaseSeconds=600");
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, _) =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(seconds));
            return 200;
        };
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var first = (await scene.Startup.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray()[0]![
            "id"
        ]!.GetValue<string>();
        await world.RefusePositionsAsync();
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        for (var hour = 0; hour < 5 * 24; hour += 6)
        {
            scene.Startup.ForgetToken();
            // Taken before what breaks is looked at.
            (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = first })).Expect(HttpStatusCode.NoContent);
            await world.DispatchAsync();
            world.Clock.Advance(TimeSpan.FromHours(6));
        }

        await world.DispatchAsync();
        scene.Startup.ForgetToken();
        Assert.Equal("disabled", (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Single((await scene.Startup.Get("/v1/events?types=webhook-endpoint.failing")).Expect(HttpStatusCode.OK)["data"].AsArray());
    }
}
