using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Feed;

/// <summary>The feed as it happens.</summary>
public sealed class FeedStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How long a stream gets, by the machine's clock, for what a step of the world's clock lets happen.</summary>
    private static readonly TimeSpan PerStep = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_listener_hears_of_an_approval_and_goes_on_where_it_broke_off()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        string last;
        await using (var ears = await Ears.OpenAsync(world, scene.Startup, "types=request.*"))
        {
            Assert.Equal("request.in-review", (await ears.NextAsync()).EventType);
            (await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { }, ("If-Match", waiting.ETag))).Expect(HttpStatusCode.OK);
            await LookAsync(world);
            var approved = await ears.NextAsync();
            Assert.Equal("request.approved", approved.EventType);
            Assert.Contains(waiting.Id.ToString(), approved.Data, StringComparison.Ordinal);
            last = approved.EventId!;
        }

        var missed = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await using var again = await Ears.OpenAsync(world, scene.Startup, "types=request.*", last);
        Assert.Contains(missed.Id.ToString(), (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listeners_hear_only_their_own_and_get_heartbeats_meanwhile()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (_, stranger) = await world.Organization(name: "Another");
        await using var own = await Ears.OpenAsync(world, scene.Startup, "types=request.*");
        await using var other = await Ears.OpenAsync(world, stranger, "types=request.*");
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await LookAsync(world);
        Assert.Contains(asked.Id.ToString(), (await own.NextAsync()).Data, StringComparison.Ordinal);
        Assert.Equal("heartbeat", await other.PassAsync(world, TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_listener_who_loses_its_role_hears_no_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        await using var ears = await Ears.OpenAsync(world, reviewer, "types=request.*");
        await using var cut = await Ears.OpenAsync(world, scene.Operator, "types=request.*");
        (await world.Admin.Post($"/v1/clients/{scene.Operator.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        (await world.Admin.Delete($"/v1/programmes/{scene.Programme}/members/{reviewer.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        await ears.PassAsync(world, TimeSpan.FromMinutes(1));
        // A stream of a client that was revoked ends: no beat after the minute.
        Assert.InRange(await cut.BeatsUntilItEndsAsync(world), 0, 5);
        world.Admin.ForgetToken();
        (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await LookAsync(world);
        // A heartbeat that is due goes out before an event, so one alone would show nothing.
        for (var beats = 0; beats < 3; beats++)
            Assert.Equal("heartbeat", await ears.PassAsync(world, TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_listener_for_somebody_goes_on_for_them_and_ends_with_their_consent()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var consent = await portal.EnrolAsync(scene.Organization, scene.Startup);
        await using var ears = await Ears.OpenAsync(world, portal.Person, "types=request.*", organization: scene.Organization);
        // After a minute its authority is checked again.
        for (var beats = 0; beats < 5; beats++)
            Assert.Equal("heartbeat", await ears.PassAsync(world, TimeSpan.FromSeconds(15)));
        scene.Startup.ForgetToken();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await LookAsync(world);
        Assert.Contains(asked.Id.ToString(), (await ears.NextAsync()).Data, StringComparison.Ordinal);
        (await scene.Startup.Post($"/v1/consents/{consent}/end")).Expect(HttpStatusCode.OK);
        Assert.InRange(await ears.BeatsUntilItEndsAsync(world), 0, 5);
    }

    [Fact]
    public async Task A_stream_ends_with_the_token_that_opened_it()
    {
        await using var world = await TestWorld.StartAsync("--Access:TokenSeconds=60");
        var (_, owner) = await world.Organization();
        await using var ears = await Ears.OpenAsync(world, owner, "types=request.*");
        Assert.InRange(await ears.BeatsUntilItEndsAsync(world), 0, 5);
    }

    [Fact]
    public async Task One_person_keeps_a_bounded_number_of_streams_open()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:StreamsPerCaller=1");
        var (_, owner) = await world.Organization();
        var (_, another) = await world.Organization();
        await using (await Ears.OpenAsync(world, owner, "types=request.*"))
        {
            (await owner.Get("/v1/events", ("Accept", FeedEndpoints.StreamType))).ExpectProblem(
                HttpStatusCode.TooManyRequests,
                "streams-open"
            );
            await using var other = await Ears.OpenAsync(world, another, "types=request.*");
        }
    }

    [Fact]
    public async Task A_stopping_service_ends_its_streams()
    {
        var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await using var ears = await Ears.OpenAsync(world, scene.Startup, "types=request.*");
        await world.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.True(await ears.IsOverAsync());
    }

    [Fact]
    public async Task A_listener_is_told_of_a_restore_and_goes_on_from_shortly_before_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        string last;
        await using (var ears = await Ears.OpenAsync(world, scene.Startup, "types=request.*"))
        {
            Assert.Equal("request.approved", (await ears.NextAsync()).EventType);
            // What a restore does to a reader: the number of its last event is another event's.
            await world.ScalarAsync<long>(
                "alter table events disable trigger user; update events set id = gen_random_uuid() where type = 'request.approved'; "
                    + "alter table events enable trigger user; select count(*) from events"
            );
            (await scene.Startup.Ask(scene.Programme, 2)).Expect(HttpStatusCode.Created);
            await LookAsync(world);
            var told = await ears.NextAsync();
            Assert.Equal("problem", told.EventType);
            Assert.Contains("\"feed-restored\"", told.Data, StringComparison.Ordinal);
            last = told.EventId!;
            Assert.True(await ears.IsOverAsync());
        }

        await using var again = await Ears.OpenAsync(world, scene.Startup, "types=request.*", last);
        Assert.Equal("request.approved", (await again.NextAsync()).EventType);
        Assert.Equal("request.approved", (await again.NextAsync()).EventType);
    }

    private static Task LookAsync(TestWorld world) => world.Services.GetRequiredService<FeedPoller>().LookAsync(CancellationToken.None);

    /// <summary>An open stream.</summary>
    private sealed class Ears : IAsyncDisposable
    {
        private readonly HttpClient _http;
        private readonly HttpResponseMessage _answer;
        private readonly IAsyncEnumerator<SseItem<string>> _items;

        private Ears(HttpClient http, HttpResponseMessage answer, Stream body)
        {
            (_http, _answer) = (http, answer);
            _items = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
        }

        /// <summary>Opens a stream and waits until it listens.</summary>
        public static async Task<Ears> OpenAsync(
            TestWorld world,
            Person person,
            string query,
            string? last = null,
            Guid? organization = null
        )
        {
            // Not by the world's client, which reads whole answers.
            var http = new HttpClient { BaseAddress = world.Address };
            using var message = new HttpRequestMessage(HttpMethod.Get, $"/v1/events?{query}");
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await person.TokenAsync());
            message.Headers.Accept.ParseAdd(FeedEndpoints.StreamType);
            if (last is not null)
                message.Headers.Add("Last-Event-ID", last);
            if (organization is { } whom)
                message.Headers.Add("GpuGrants-Organization", whom.ToString());
            var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var ears = new Ears(http, answer, await answer.Content.ReadAsStreamAsync());
            Assert.True(await ears._items.MoveNextAsync().AsTask().WaitAsync(Patience));
            Assert.Equal("heartbeat", ears._items.Current.EventType);
            return ears;
        }

        /// <summary>The next event that is no heartbeat.</summary>
        public async Task<SseItem<string>> NextAsync()
        {
            do Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(Patience));
            while (_items.Current.EventType == "heartbeat");
            return _items.Current;
        }

        /// <summary>Lets time pass until something comes, and says what.</summary>
        public async Task<string> PassAsync(TestWorld world, TimeSpan time)
        {
            Assert.True(await ComesAsync(world, time));
            return _items.Current.EventType;
        }

        /// <summary>
        /// Lets time pass until the stream has something or ends. The service may not wait yet when time passes, so that it takes another
        /// step. It gets long for each: else, on a busy machine, tokens and the stream itself would run out.
        /// </summary>
        /// <returns>Whether something came; false when the stream has ended.</returns>
        private async Task<bool> ComesAsync(TestWorld world, TimeSpan step)
        {
            for (var next = _items.MoveNextAsync().AsTask(); ; )
            {
                world.Clock.Advance(step);
                try
                {
                    return await next.WaitAsync(PerStep);
                }
                catch (TimeoutException)
                {
                    // Another step.
                }
            }
        }

        /// <summary>Lets time pass until the stream ends, and counts its heartbeats: at most 10 are waited for.</summary>
        public async Task<int> BeatsUntilItEndsAsync(TestWorld world)
        {
            for (var beats = 0; ; beats++)
            {
                if (!await ComesAsync(world, TimeSpan.FromSeconds(15)) || beats == 10)
                    return beats;
            }
        }

        public async Task<bool> IsOverAsync()
        {
            while (await _items.MoveNextAsync().AsTask().WaitAsync(Patience))
                Assert.Equal("heartbeat", _items.Current.EventType);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            _answer.Dispose();
            _http.Dispose();
            await _items.DisposeAsync();
        }
    }
}
