using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>One run at a time works for an endpoint, in order, and for the endpoint and the sight that its owner has now.</summary>
public sealed class WebhookLeaseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_later_event_of_a_resource_that_waits_is_held_back_in_every_run()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        var stuck = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        receiver.Answer = (_, _) => 500;
        await world.DispatchAsync();
        receiver.Answer = (_, _) => 200;
        (await scene.Startup.Post($"/v1/requests/{stuck.Id}/withdraw")).Expect(HttpStatusCode.OK);
        var other = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal([other.Id.ToString()], receiver.Taken.Select(one => one.Resource));

        // The second try fails too, so the event after it waits on.
        receiver.Answer = (_, _) => 500;
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await world.DispatchAsync();
        Assert.Equal(["request.in-review", "request.in-review"], TypesOf(receiver.All));
        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.DispatchAsync();
        Assert.Equal(["request.in-review", "request.withdrawn"], TypesOf(receiver.Taken));

        IEnumerable<string> TypesOf(IEnumerable<Received> all) =>
            all.Where(one => one.Resource == stuck.Id.ToString()).Select(one => one.Type);
    }

    [Fact]
    public async Task While_one_replica_works_for_an_endpoint_no_other_does()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var calls = new HeldCalls(receiver, 1);
        var first = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        await second.DispatchAsync();
        Assert.Equal(1, calls.Count);
        calls.Answer(0, 200);
        await first.WaitAsync(Patience);
        await second.DispatchAsync();
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_run_that_lost_its_endpoint_leaves_the_other_runs_result_and_lease_alone()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 2);
        var first = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        await world.FreeLeasesAsync();
        var other = Task.Run(() => second.DispatchAsync());
        await calls.ArrivedAsync(1);
        // The first is answered last of all it knows: it notes no failure, and frees no lease that is another's.
        calls.Answer(0, 500);
        await first.WaitAsync(Patience);
        Assert.Equal(2, calls.Count);
        calls.Answer(1, 200);
        await other.WaitAsync(Patience);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        Assert.Equal(2, await world.ScalarAsync<long>("select coalesce(sum(deliveries), 0) from webhook_delivery_parts"));
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        await world.DispatchAsync();
        Assert.Equal(2, calls.Count);
    }

    [Fact]
    public async Task A_run_that_hears_that_it_lost_its_endpoint_ends_in_the_middle_of_what_it_sends()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 1);
        var first = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        await world.FreeLeasesAsync();
        await second.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(11));
        await first.WaitAsync(Patience);
        // What was broken off is no attempt.
        Assert.Equal(1, await world.ScalarAsync<long>("select coalesce(sum(deliveries), 0) from webhook_delivery_parts"));
        calls.Answer(0, 200);
    }

    [Fact]
    public async Task A_new_address_gets_all_that_the_old_one_was_not_proved_to_have_also_in_the_middle_of_a_run()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var old = await Receiver.StartAsync();
        await using var next = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, old.Url);
        for (var i = 0; i < 40; i++)
            (await scene.Startup.Ask(scene.Programme, 0.01m)).Expect(HttpStatusCode.Created);
        await ChangeOnFirstCallAsync(world, old, scene.Startup, path, new { url = next.Url }, 200);
        Assert.InRange(old.All.Count, 1, 32);
        Assert.Equal(40, next.Taken.Select(one => one.Id).Distinct().Count());
    }

    /// <summary>A run that writes down no position of a tree leaves it new to the endpoint, from where it was new before.</summary>
    [Fact]
    public async Task A_run_that_a_change_of_its_endpoint_ends_loses_no_event_of_a_programme_that_was_new_to_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        world.Clock.Advance(TimeSpan.FromMinutes(15));
        await world.DispatchAsync();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        await ChangeOnFirstCallAsync(world, receiver, scene.Startup, path, new { description = "Backups" }, 500);
        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.DispatchAsync();
        Assert.Equal(asked.Id.ToString(), Assert.Single(receiver.Taken).Resource);
    }

    [Fact]
    public async Task Who_changes_an_endpoint_while_its_receiver_says_that_it_is_gone_keeps_it()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var old = await Receiver.StartAsync();
        await using var next = await Receiver.StartAsync();
        var scene = await world.Scene();
        var path = await scene.Startup.Endpoint("organization", scene.Organization, old.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await ChangeOnFirstCallAsync(world, old, scene.Startup, path, new { url = next.Url }, 410);
        Assert.Equal("active", (await scene.Startup.Get(path)).Text_("status"));
        Assert.Single(next.Taken);
    }

    [Fact]
    public async Task A_partner_is_told_of_those_who_let_it_read_and_for_as_long()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var (writes, writer) = await world.Organization(name: "Only asks");
        var (brief, passing) = await world.Organization(name: "For an hour");
        await portal.EnrolAsync(writes, writer, ["request"]);
        await portal.EnrolAsync(brief, passing, expiresAt: world.Now.AddHours(1));
        var consent = await portal.EnrolAsync(scene.Organization, scene.Startup);
        await portal.Person.Endpoint("partner", portal.Id, receiver.Url);
        (await writer.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty(receiver.All);

        // An event is not taken. When its second try comes, its organization has ended the consent.
        receiver.Answer = (_, _) => 500;
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Single(receiver.All);
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        receiver.Answer = (_, _) => 200;
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.DispatchAsync();
        Assert.Empty(receiver.Taken);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));

        // A consent's own end holds at that moment, whoever sweeps.
        world.Clock.Advance(TimeSpan.FromHours(1));
        passing.ForgetToken();
        (await passing.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Empty(receiver.Taken);
    }

    [Fact]
    public async Task A_rotated_secret_signs_no_more_when_its_day_is_over()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var (organization, owner) = await world.Organization();
        var path = await owner.Endpoint("organization", organization, receiver.Url);
        var rotated = (await owner.Post($"{path}/rotate-secret")).Expect(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromHours(25));
        owner.ForgetToken();
        (await owner.Post($"{path}/ping")).Expect(HttpStatusCode.OK);
        var ping = Assert.Single(receiver.All);
        Assert.True(WebhookSecret.TryParse(rotated.Text_("secret"), out var secret));
        var seconds = long.Parse(ping.Timestamp, CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSignature.Of([secret], ping.Id, seconds, ping.Body), ping.Signature);
    }

    [Fact]
    public async Task What_is_asked_for_again_in_the_middle_of_a_run_comes_after_it_and_is_not_lost()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var second = await world.StartSecondAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 1);
        var first = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        var path = $"/v1/webhook-endpoints/{await world.ScalarAsync<Guid>("select endpoint_id from webhook_dispatch")}/redeliver";
        (await world.Admin.Post(path, new { since = world.Now.AddHours(-1) })).Expect(HttpStatusCode.NoContent);
        await second.DispatchAsync();
        Assert.Equal(1, calls.Count);
        calls.Answer(0, 200);
        await first.WaitAsync(Patience);
        Assert.Equal(2, receiver.Taken.Count);
        Assert.Single(receiver.Taken.Select(one => one.Id).Distinct());
    }

    /// <summary>Whatever came of the attempt in whose middle its owner asked, the event is sent again with all its attempts.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(200)]
    public async Task An_event_that_is_asked_for_again_while_it_is_sent_is_sent_again(int status)
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 2);
        calls.Answer(0, 500);
        await world.DispatchAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        var retrying = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(1);
        await AskAgainAsync(world);
        calls.Answer(1, status);
        await retrying.WaitAsync(Patience);
        Assert.Equal(3, calls.Count);
        // First, second, and first again.
        Assert.Equal(4, await world.ScalarAsync<long>("select sum(attempts[1]) from webhook_delivery_parts"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    [Fact]
    public async Task Whoever_asks_for_an_event_again_locks_what_a_run_locks_in_the_same_order()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 1);
        calls.Answer(0, 500);
        await world.DispatchAsync();
        await using var connection = await world.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var run = await connection.BeginTransactionAsync();
        await using var lease = new NpgsqlCommand("select from webhook_dispatch for update", connection);
        await lease.ExecuteNonQueryAsync();
        var asking = AskAgainAsync(world);
        await world.UntilBlocked();
        await using var waiting = new NpgsqlCommand("select from webhook_waiting for update nowait", connection);
        await waiting.ExecuteNonQueryAsync();
        await run.CommitAsync();
        await asking.WaitAsync(Patience);
    }

    [Fact]
    public async Task What_was_given_up_long_ago_is_forgotten_without_waiting_for_a_run()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var calls = await BegunAsync(world, receiver, 1);
        calls.Answer(0, 500);
        await world.DispatchAsync();
        await world.ScalarAsync<long>(
            "with given as (update webhook_waiting set status = 'failed' returning *), "
                + "more as (insert into webhook_waiting select endpoint_id, tree, sequence + 1, event_id, resource, attempts, due_at, "
                + "status "
                + "from given returning 1) select count(*) from more"
        );
        await using var connection = await world.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var run = await connection.BeginTransactionAsync();
        const string First = "select from webhook_waiting where sequence = (select min(sequence) from webhook_waiting) for update";
        await using var held = new NpgsqlCommand(First, connection);
        await held.ExecuteNonQueryAsync();
        var store = world.Services.GetRequiredService<WebhookStore>();
        await store.ForgetAsync(world.Now.AddDays(1), CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
        await run.RollbackAsync();
        await store.ForgetAsync(world.Now.AddDays(1), CancellationToken.None);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from webhook_waiting"));
    }

    /// <summary>A receiver gets a ping whether its caller waits for the answer or not. So it counts, and keeps its place.</summary>
    [Fact]
    public async Task A_ping_whose_caller_hangs_up_counts_like_any_other()
    {
        await using var world = await TestWorld.StartAsync(WebhookScenes.Loopback);
        await using var receiver = await Receiver.StartAsync();
        var (organization, owner) = await world.Organization();
        var path = await owner.Endpoint("organization", organization, receiver.Url);
        var calls = new HeldCalls(receiver, 1);
        using var ping = new HttpRequestMessage(HttpMethod.Post, $"{path}/ping");
        ping.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await owner.TokenAsync());
        using var patience = new CancellationTokenSource();
        var call = world.Http.SendAsync(ping, patience.Token);
        await calls.ArrivedAsync(0);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        (await owner.Post($"{path}/ping")).ExpectProblem(HttpStatusCode.TooManyRequests, "too-many-pings");
        calls.Answer(0, 200);
        using var end = new CancellationTokenSource(Patience);
        while (await world.ScalarAsync<long>("select count(*) from webhook_delivery_parts where ping is not null") == 0)
        {
            end.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(1, calls.Count);
    }

    /// <summary>The owner asks for the first delivery of the log again.</summary>
    private static async Task AskAgainAsync(TestWorld world)
    {
        var path = $"/v1/webhook-endpoints/{await world.ScalarAsync<Guid>("select endpoint_id from webhook_dispatch")}";
        var log = (await world.Admin.Get($"{path}/deliveries")).Expect(HttpStatusCode.OK)["data"].AsArray();
        var body = new { deliveryId = log[^1]!["id"]!.GetValue<string>() };
        (await world.Admin.Post($"{path}/redeliver", body)).Expect(HttpStatusCode.NoContent);
    }

    private static async Task<HeldCalls> BegunAsync(TestWorld world, Receiver receiver, int held)
    {
        var scene = await world.Scene();
        await scene.Startup.Endpoint("organization", scene.Organization, receiver.Url);
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        return new HeldCalls(receiver, held);
    }

    /// <summary>Dispatches, while the first call changes the endpoint before it is answered.</summary>
    private static async Task ChangeOnFirstCallAsync(
        TestWorld world,
        Receiver receiver,
        Person owner,
        string path,
        object change,
        int status
    )
    {
        var calls = new HeldCalls(receiver, 1) { Then = status };
        var dispatching = Task.Run(() => world.DispatchAsync());
        await calls.ArrivedAsync(0);
        (await owner.Patch(path, change, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        calls.Answer(0, status);
        await dispatching.WaitAsync(Patience);
    }
}
