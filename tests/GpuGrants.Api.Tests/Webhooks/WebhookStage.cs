using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>
/// A startup with an endpoint, and an event of it that nobody can read: the work breaks wherever it comes to that event. Requests of more
/// than ten hours wait for a reviewer.
/// </summary>
internal sealed class WebhookStage : IAsyncDisposable
{
    private string _spoilt = "";
    private string _delivery = "";

    private WebhookStage(TestWorld world, Receiver receiver, Scene scene, string path) =>
        (World, Receiver, Scene, Path) = (world, receiver, scene, path);

    public TestWorld World { get; }

    public Receiver Receiver { get; }

    public Scene Scene { get; }

    /// <summary>Where the endpoint is.</summary>
    public string Path { get; }

    /// <summary>Since when the work was broken after <see cref="BreakAsync"/>.</summary>
    public DateTimeOffset? BrokenSince { get; private set; }

    public static async Task<WebhookStage> SetAsync()
    {
        var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:LeaseSeconds=600");
        var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        return new WebhookStage(world, receiver, scene, await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url));
    }

    public async ValueTask DisposeAsync()
    {
        await Receiver.DisposeAsync();
        await World.DisposeAsync();
    }

    public async Task<Guid> AskAsync(decimal hours) => (await Scene.Startup.Ask(Scene.Programme, hours)).Expect(HttpStatusCode.Created).Id;

    public async Task WithdrawAsync(Guid request) =>
        (await Scene.Startup.Post($"/v1/requests/{request}/withdraw")).Expect(HttpStatusCode.OK);

    /// <summary>From now on the receiver answers this.</summary>
    /// <param name="status">To everything.</param>
    /// <param name="but">A request of which it takes nothing.</param>
    public void Answers(int status, Guid? but = null) =>
        Receiver.Answer = (one, _) => but is { } refused && one.Resource == refused.ToString() ? 500 : status;

    /// <summary>The receiver does not take a request's first event, so its second one waits untried. Positions are past both.</summary>
    public async Task ParkedAsync()
    {
        var stuck = await AskAsync(20);
        await WithdrawAsync(stuck);
        await AskAsync(1);
        _spoilt = $"resource_id = '{stuck}' and type = 'request.withdrawn'";
        Answers(200, but: stuck);
        await World.DispatchAsync();
    }

    /// <summary>The receiver takes the event.</summary>
    public async Task TakenAsync()
    {
        // Deliveries of one moment are listed in any order.
        World.Clock.Advance(TimeSpan.FromSeconds(1));
        var taken = await AskAsync(1);
        _spoilt = $"resource_id = '{taken}'";
        await World.DispatchAsync();
        var newest = (await Scene.Startup.Get($"{Path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray()[0]!;
        _delivery = newest["id"]!.GetValue<string>();
    }

    /// <summary>The startup asks for the event of <see cref="TakenAsync"/> again.</summary>
    public async Task AgainAsync()
    {
        Scene.Startup.ForgetToken();
        (await Scene.Startup.Post($"{Path}/redeliver", new { deliveryId = _delivery })).Expect(HttpStatusCode.NoContent);
    }

    /// <summary>No moment of .NET: nobody can read the event.</summary>
    public Task<long> SpoilAsync() =>
        World.ScalarAsync<long>(
            "alter table events disable trigger events_append_only; alter table events add column was timestamptz; "
                + $"update events set was = occurred_at, occurred_at = '4713-01-01 BC' where {_spoilt}; select 1::bigint"
        );

    /// <summary>The event can be read again.</summary>
    public Task<long> MendAsync() => World.ScalarAsync<long>($"update events set occurred_at = was where {_spoilt}; select 1::bigint");

    /// <summary>The work comes to the event and breaks.</summary>
    public async Task BreakAsync()
    {
        await SpoilAsync();
        await PassAsync(200);
        BrokenSince = await BrokenAsync();
    }

    /// <summary>Time goes by, more than any pause of a run that broke once or any first retry, and the dispatcher works.</summary>
    public async Task PassAsync(int status, Guid? but = null)
    {
        World.Clock.Advance(TimeSpan.FromMinutes(7));
        Scene.Startup.ForgetToken();
        Answers(status, but);
        await World.DispatchAsync();
    }

    /// <summary>Other requests, whose events the receiver took.</summary>
    public async Task OthersAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await AskAsync(0.01m);
        await World.DispatchAsync();
    }

    /// <summary>Their events wait all the same, for longer than any.</summary>
    public Task<long> OthersWaitAsync() =>
        World.ScalarAsync<long>(
            "with waits as (insert into webhook_waiting select d.endpoint_id, e.root_programme_id, e.sequence, e.id, "
                + "'request/' || e.resource_id, 1, $1, 'waiting' from webhook_dispatch d, events e where e.type = 'request.approved' "
                + $"and not ({_spoilt}) on conflict do nothing returning 1) select count(*) from waits",
            World.Now.AddDays(-1)
        );

    /// <summary>Events that are none wait for longer than any: a run forgets each when it comes to it.</summary>
    public Task<long> NothingWaitsAsync(int count) =>
        World.ScalarAsync<long>(
            "with waits as (insert into webhook_waiting select endpoint_id, gen_random_uuid(), i, gen_random_uuid(), 'request/' || i, 1, "
                + $"$1, 'waiting' from webhook_dispatch, generate_series(1, {count}) i returning 1) select count(*) from waits",
            World.Now.AddDays(-1)
        );

    /// <summary>Since when the work is broken; null when it is not.</summary>
    public async Task<DateTimeOffset?> BrokenAsync()
    {
        var found = await World.ScalarAsync<object>("select broken_since from webhook_dispatch");
        return found is DateTime moment ? moment : null;
    }
}
