using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>The log of deliveries: many lie in one row, and each is listed and found as if it had one of its own.</summary>
public sealed class WebhookLogTests
{
    private const int Requests = 40;

    [Fact]
    public async Task Pages_of_the_log_have_each_attempt_once_newest_first_and_each_can_be_sent_again()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        for (var i = 0; i < Requests; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        var calls = 0;
        receiver.Answer = (_, _) => Interlocked.Increment(ref calls) % 4 == 0 ? 500 : 200;
        await world.DispatchAsync();
        (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
        var rows = await world.ScalarAsync<long>("select count(*) from webhook_delivery_parts");
        Assert.InRange(rows, 2, 5);

        var log = new List<(Guid Id, string Event, int Status, string Request, string Response)>();
        await foreach (var page in scene.Startup.PagesAsync($"{path}/deliveries?limit=7"))
        {
            Assert.InRange(page["data"].AsArray().Count, 1, 7);
            log.AddRange(
                page["data"]
                    .AsArray()
                    .Select(one =>
                        (
                            one!["id"]!.GetValue<Guid>(),
                            one["eventId"]!.GetValue<string>(),
                            one["statusCode"]!.GetValue<int>(),
                            one["request"]!.GetValue<string>(),
                            one["response"]!.GetValue<string>()
                        )
                    )
            );
        }

        Assert.Equal(log.Select(one => one.Id).Distinct().OrderDescending(), log.Select(one => one.Id));
        Assert.Equal(
            receiver.All.Select(one => (one.Id, one.Status, $"answer {one.Status}")).Order(),
            log.Select(one => (one.Event, one.Status, one.Response)).Order()
        );
        var bodies = receiver.All.ToDictionary(one => (one.Id, one.Status), one => System.Text.Encoding.UTF8.GetString(one.Body));
        Assert.All(log, one => Assert.Equal(bodies[(one.Event, one.Status)], one.Request));

        receiver.Answer = (_, _) => 200;
        var again = log.Where(one => one.Status == 200 && !one.Request.Contains("webhook.ping", StringComparison.Ordinal)).ElementAt(10);
        (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = again.Id })).Expect(HttpStatusCode.NoContent);
        await world.DispatchAsync();
        Assert.Equal(2, receiver.Taken.Count(one => one.Id == again.Event));
        (await scene.Startup.Post($"{path}/redeliver", new { deliveryId = Guid.AllBitsSet })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "deliveryId"
        );
    }

    /// <summary>The part in which a page ended may have nothing for the next one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Pages_of_any_length_reach_the_oldest_delivery_also_where_each_has_a_row_of_its_own(int limit)
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        await PingAsync(4);
        for (var i = 0; i < 3; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        await PingAsync(4);

        var (found, pages) = (new List<Guid>(), 0);
        await foreach (var page in scene.Startup.PagesAsync($"{path}/deliveries?limit={limit}"))
        {
            found.AddRange(page["data"].AsArray().Select(one => one!["id"]!.GetValue<Guid>()));
            pages++;
        }

        Assert.Equal(11, found.Count);
        Assert.Equal(found.Distinct().OrderDescending(), found);
        Assert.Equal((11 + limit - 1) / limit, pages);

        async Task PingAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                (await scene.Startup.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
            }
        }
    }

    [Fact]
    public async Task The_log_says_why_there_was_no_answer_beside_attempts_that_got_one()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        for (var i = 0; i < 4; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        var calls = 0;
        receiver.Answer = (_, http) =>
        {
            if (Interlocked.Increment(ref calls) % 2 == 0)
                http.Abort();
            return 200;
        };
        await world.DispatchAsync();
        var log = (await scene.Startup.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(4, log.Count);
        foreach (var one in log)
            if (one!["statusCode"] is null)
                Assert.Equal(("The connection broke off.", null), (one["error"]!.GetValue<string>(), one["response"]));
            else
                Assert.Equal((null, "answer 200"), (one["error"], one["response"]!.GetValue<string>()));
        Assert.Equal(2, log.Count(one => one!["statusCode"] is null));
    }
}
