using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Whoever asks for events again gets them, also while others are sent, and without a wait that was for others.</summary>
public sealed class WebhookAgainTests
{
    private const int Requests = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The receiver lost what it got: in the first call before anything is written down of it, or in a later one. The second call names the
    /// same moment or a later one.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 30)]
    [InlineData(33, 0)]
    [InlineData(33, 30)]
    public async Task Whoever_asks_twice_for_events_since_a_moment_gets_them_twice(int calls, int seconds)
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var since = world.Now;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < Requests; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        await RedeliverAsync(since);
        var (arrived, held, count) = (Signal(), Signal(), 0);
        receiver.Answer = (_, _) =>
        {
            if (Interlocked.Increment(ref count) != calls)
                return 200;
            arrived.SetResult();
            held.Task.Wait(Patience);
            return 200;
        };
        // It does not know yet how much the receiver takes at once, so it writes down how far it came after 32.
        var telling = Task.Run(() => second.DispatchAsync());
        await arrived.Task.WaitAsync(Patience);
        await RedeliverAsync(since.AddSeconds(seconds));
        held.SetResult();
        await telling.WaitAsync(Patience);
        Assert.Equal(2 * Requests, count);
        Assert.All(receiver.Taken.GroupBy(one => one.Id), one => Assert.Equal(3, one.Count()));
        await world.DispatchAsync();
        Assert.Equal(2 * Requests, count);

        async Task RedeliverAsync(DateTimeOffset moment) =>
            (await scene.Startup.Post($"{path}/redeliver", new { since = moment })).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Whoever_asks_an_endpoint_that_is_disabled_for_events_gets_them_once_it_is_enabled()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var since = world.Now;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Patch(path, new { status = "disabled" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post($"{path}/redeliver", new { since })).Expect(HttpStatusCode.NoContent);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        (await scene.Startup.Patch(path, new { status = "active" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    /// <summary>The pause is for what a run did not get rid of, and not for what its owner asks for meanwhile.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_asked_for_again_while_a_run_fails_waits_for_no_pause(bool isSince)
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        var wanted = Assert.Single(receiver.Taken);
        var delivery = (await scene.Startup.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"][0]!["id"]!.GetValue<Guid>();
        var since = world.Now.AddSeconds(-1);
        for (var i = 0; i < 20; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        var calls = new HeldCalls(receiver, 1) { Then = 500 };
        var failing = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        object body = isSince ? new { since } : new { deliveryId = delivery };
        (await scene.Startup.Post($"{path}/redeliver", body)).Expect(HttpStatusCode.NoContent);
        calls.Answer(0, 500);
        await failing.WaitAsync(Patience);
        Assert.Contains(receiver.All, one => one.Id == wanted.Id && one.Status == 500);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
