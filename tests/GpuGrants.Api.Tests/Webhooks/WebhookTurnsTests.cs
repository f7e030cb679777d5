using System.Net;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Nobody's endpoint takes what others need: places, turns, and sight that ended.</summary>
public sealed class WebhookTurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_owner_has_a_bounded_number_of_endpoints_however_many_are_asked_for_at_once()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:EndpointsPerOwner=2");
        var (organization, owner) = await world.Organization();
        var asked = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => owner.NewEndpoint("organization", organization, "https://a.test/"))
        );
        Assert.Equal(2, asked.Count(one => one.Status == HttpStatusCode.Created));
        Assert.All(
            asked.Where(one => one.Status != HttpStatusCode.Created),
            one => one.ExpectProblem(HttpStatusCode.Conflict, "too-many-endpoints", "ownerId")
        );
        var (another, other) = await world.Organization();
        await other.Endpoint("organization", another, "https://b.test/");
        var first = asked.First(one => one.Status == HttpStatusCode.Created);
        (await owner.Delete($"/v1/webhook-endpoints/{first.Id}")).Expect(HttpStatusCode.NoContent);
        await owner.Endpoint("organization", organization, "https://c.test/");
        (await owner.NewEndpoint("organization", organization, "https://d.test/")).ExpectProblem(
            HttpStatusCode.Conflict,
            "too-many-endpoints",
            "ownerId"
        );
    }

    [Fact]
    public async Task A_slow_receiver_with_much_to_take_lets_others_have_their_turn()
    {
        await using var world = await TestWorld.StartAsync(
            WebhookScenes.Loopback,
            "--Webhooks:MaxEndpointsAtOnce=1",
            "--Webhooks:LeaseSeconds=600"
        );
        await using var slow = await Receiver.StartAsync();
        await using var quick = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        var (other, stranger) = await world.Organization(name: "Another");
        await scene.Startup.Endpoint("organization", scene.Organization, slow.Url);
        await stranger.Endpoint("organization", other, quick.Url);
        await world.DispatchAsync();
        for (var i = 0; i < 80; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        (await stranger.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        slow.Answer = (_, _) =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            return 200;
        };
        var before = -1;
        quick.Answer = (_, _) =>
        {
            before = slow.All.Count;
            return 200;
        };
        await world.DispatchAsync();
        Assert.InRange(before, 0, 79);
        Assert.Equal(80, slow.Taken.Count);
        Assert.Single(quick.Taken);
    }

    [Fact]
    public async Task A_slow_receiver_of_one_resource_alone_lets_others_have_their_turn_also_when_it_is_tried_again()
    {
        await using var world = await TestWorld.StartAsync(
            WebhookScenes.Loopback,
            "--Webhooks:MaxEndpointsAtOnce=1",
            "--Webhooks:LeaseSeconds=600"
        );
        await using var slow = await Receiver.StartAsync();
        await using var quick = await Receiver.StartAsync();
        var scene = await world.Scene();
        var (other, stranger) = await world.Organization(name: "Another");
        await scene.Startup.Endpoint("organization", scene.Organization, slow.Url, "project.updated");
        await stranger.Endpoint("organization", other, quick.Url);
        await world.DispatchAsync();
        var projects = $"/v1/organizations/{scene.Organization}/projects";
        var project = $"{projects}/{(await scene.Startup.Post(projects, new { name = "Training" })).Expect(HttpStatusCode.Created).Id}";
        const int Changes = 30;
        for (var i = 0; i < Changes; i++)
            (await scene.Startup.Patch(project, new { name = $"Training {i}" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        slow.Answer = (_, _) =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(14));
            return 200;
        };
        var before = new List<int>();
        quick.Answer = (_, _) =>
        {
            before.Add(slow.All.Count);
            return 200;
        };
        (await stranger.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        // Three calls are half a minute.
        Assert.InRange(Assert.Single(before), 0, 3);
        Assert.Equal(Changes, slow.Taken.Count);
        Assert.Equal(slow.Taken.Select(NumberOf).Order(), slow.Taken.Select(NumberOf));

        static long NumberOf(Received one) => one.Json["sequence"]!.GetValue<long>();
    }

    /// <summary>Whatever is called first by its name would else be tried first in each run, and the last never.</summary>
    [Fact]
    public async Task Of_what_waits_the_longest_due_is_sent_first_however_its_resource_is_called()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback, "--Webhooks:LeaseSeconds=600");
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url, "project.*");
        var projects = $"/v1/organizations/{scene.Organization}/projects";
        const int Projects = 24;
        for (var i = 0; i < Projects; i++)
            (await scene.Startup.Post(projects, new { name = $"Training {i}" })).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal(Projects, receiver.Taken.Count);
        var last = receiver.Taken.Select(one => one.Resource).Max(StringComparer.Ordinal)!;
        // All of it waits and is due. What is last by its name has been so for longest.
        await world.ScalarAsync<long>(
            "with waits as (insert into webhook_waiting select d.endpoint_id, e.root_programme_id, e.sequence, e.id, "
                + "e.resource_type || '/' || e.resource_id, 1, $1 - case e.resource_id when $2 then interval '9 minutes' else "
                + "interval '1 minute' end, 'waiting' from events e, webhook_dispatch d where e.resource_type = 'project' returning 1), "
                + "due as (update webhook_dispatch set due_at = $1 returning 1) "
                + "select (select count(*) from waits) + (select count(*) from due)",
            world.Now,
            last
        );
        receiver.Answer = (_, _) =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(14));
            return 200;
        };
        await world.DispatchAsync();
        var again = receiver.Taken.Skip(Projects).Select(one => one.Resource).ToList();
        Assert.Equal(Projects, again.Count);
        // Eight are sent at once.
        Assert.Contains(last, again.Take(8));
    }

    [Fact]
    public async Task Endpoints_of_one_host_wait_for_no_other_of_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        foreach (var path in (string[])["/slow/1", "/slow/2", "/quick"])
            await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url + path);
        const int Requests = 16;
        for (var i = 0; i < Requests; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        var (held, quick, all) = (Signal(), 0, Signal());
        receiver.Answer = (_, http) =>
        {
            if (http.Request.Path.StartsWithSegments("/slow", StringComparison.Ordinal))
                held.Task.Wait(Patience);
            else if (Interlocked.Increment(ref quick) == Requests)
                all.SetResult();
            return 200;
        };
        var dispatching = Task.Run(() => world.DispatchAsync());
        await all.Task.WaitAsync(Patience);
        held.SetResult();
        await dispatching.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_suspended_partner_is_told_nothing_of_those_it_serves_until_it_is_back()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        await world.DispatchAsync();
        await world.SetStatus($"/v1/partners/{portal.Id}", "suspended");
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        await world.SetStatus($"/v1/partners/{portal.Id}", "active");
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    [Fact]
    public async Task A_suspended_organization_is_told_nothing_until_it_is_back()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var asked = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await world.SetStatus($"/v1/organizations/{scene.Organization}", "suspended");
        await world.DispatchAsync();
        Assert.Empty(receiver.All);
        await world.SetStatus($"/v1/organizations/{scene.Organization}", "active");
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.All).Resource);
    }

    [Fact]
    public async Task An_endpoint_that_its_owner_changed_has_all_its_failing_days_again()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, _) => 500;
        var scene = await world.Scene(credits: 10_000, capacity: 10_000);
        var start = world.Now;
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        foreach (var day in (int[])[0, 3, 4])
            await FailAsync(day);
        scene.Startup.ForgetToken();
        var present = await scene.Startup.Get(path);
        (await scene.Startup.Patch(path, new { url = receiver.Url + "/new" }, ("If-Match", present.ETag))).Expect(HttpStatusCode.OK);
        foreach (var day in (int[])[6, 7])
            await FailAsync(day);
        Assert.Equal("active", await StatusAsync());
        // Then silence: one failure after it tells the owner, and only days later another one ends it.
        foreach (var day in (int[])[20, 21])
            await FailAsync(day);
        Assert.Equal("active", await StatusAsync());
        await FailAsync(23);
        Assert.Equal("disabled", await StatusAsync());

        async Task FailAsync(int day)
        {
            world.Clock.Advance(start.AddDays(day) - world.Now);
            scene.Startup.ForgetToken();
            (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
            await world.DispatchAsync();
        }

        async Task<string> StatusAsync()
        {
            scene.Startup.ForgetToken();
            return (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text_("status");
        }
    }

    [Fact]
    public async Task A_run_that_lost_its_endpoint_is_another_than_the_one_that_goes_on()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var calls = new HeldCalls(receiver, 2);
        var first = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        var holder = await HolderAsync();
        await world.FreeLeasesAsync();
        var second = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(1);
        Assert.NotEqual(holder, await HolderAsync());
        calls.Answer(0, 200);
        calls.Answer(1, 200);
        await Task.WhenAll(first, second).WaitAsync(Patience);
        Assert.Equal(2, receiver.Taken.Count);

        Task<Guid> HolderAsync() => world.ScalarAsync<Guid>("select leased_by from webhook_dispatch where leased_by is not null");
    }

    [Fact]
    public async Task Deliveries_are_forgotten_after_their_days_however_many_there_are()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        // PostgreSQL keeps the plans of a log that has a single row.
        await world.ScalarAsync<string>("analyze webhook_endpoints, webhook_delivery_parts");
        for (var hour = 0; hour < 64; hour++)
        {
            world.Clock.Advance(TimeSpan.FromHours(1));
            await world.DispatchAsync();
        }

        // Ids begin with their time: these are of 2001.
        await world.ScalarAsync<long>(
            "with old as (insert into webhook_delivery_parts select p.endpoint_id, "
                + "('00e3b3d0-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, p.url, p.deliveries, p.trees, p.sequences, p.attempts, "
                + "p.status_codes, p.errors, p.responses, p.started_at, p.milliseconds, p.ping_id, p.ping "
                + "from webhook_delivery_parts p, generate_series(1, 20001) as i returning 1) select count(*) from old"
        );
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.DispatchAsync();
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_delivery_parts"));
    }

    [Fact]
    public async Task What_cannot_be_forgotten_keeps_nothing_else_from_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        await world.ScalarAsync<long>(
            "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'Not now.'; end $$; "
                + "create trigger refuse before delete on webhook_waiting for each row execute function refuse(); "
                + "insert into webhook_waiting select endpoint_id, trees[1], sequences[1], gen_random_uuid(), 'request/1', 8, "
                + "started_at[1], 'failed' from webhook_delivery_parts; select 1::bigint"
        );
        world.Clock.Advance(TimeSpan.FromDays(31));
        await world.DispatchAsync();
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_delivery_parts"));
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
