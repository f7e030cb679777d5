using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Feed;

/// <summary>Everyone reads what happened to what they may see, in order and without a gap.</summary>
public sealed class FeedTests
{
    [Fact]
    public async Task Each_caller_reads_the_events_of_what_it_may_see()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var (above, under) = (await world.Reviewer(scene.Programme), await world.Reviewer(below));
        var (_, stranger) = await world.Organization(name: "Another");
        var granted = (await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created);
        var waiting = (await scene.Startup.Ask(below, 20)).Expect(HttpStatusCode.Created);
        var denied = (await above.Post($"/v1/requests/{waiting.Id}/deny", new { reason = "No" }, ("If-Match", waiting.ETag))).Expect(
            HttpStatusCode.OK
        );

        (string, string)[] own =
        [
            ("organization.created", scene.Organization.ToString()),
            ("request.approved", granted.Id.ToString()),
            ("request.in-review", waiting.Id.ToString()),
            ("request.denied", denied.Id.ToString()),
        ];
        Assert.Equal(own, (await AllAsync(scene.Startup)).Where(one => one.Type is not ("role.given" or "client.created")));
        Assert.Contains("role.given", (await AllAsync(scene.Startup)).Select(one => one.Type));
        Assert.Equal(own[1..], (await AllAsync(above)).Where(one => one.Type.StartsWith("request.", StringComparison.Ordinal)));
        Assert.Contains(("offer.accepted", scene.Offer.ToString()), await AllAsync(above));
        Assert.Equal(own[2..], (await AllAsync(under)).Where(one => one.Type.StartsWith("request.", StringComparison.Ordinal)));
        Assert.DoesNotContain("offer.accepted", (await AllAsync(under)).Select(one => one.Type));
        var provider = await AllAsync(scene.Operator);
        Assert.Equal(own[1..2], provider.Where(one => one.Type.StartsWith("request.", StringComparison.Ordinal)));
        Assert.Contains(("offer.created", scene.Offer.ToString()), provider);
        Assert.DoesNotContain(await AllAsync(stranger), one => one.Type.StartsWith("request.", StringComparison.Ordinal));
        Assert.Equal(await world.ScalarAsync<long>("select count(*) from events"), (await AllAsync(world.Admin)).Count);
    }

    [Fact]
    public async Task Quotes_and_clients_of_one_member_are_no_event_for_another()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var members = $"/v1/organizations/{scene.Organization}/members";
        var (quoting, other) = (await world.Member(members, "organization-member"), await world.Member(members, "organization-member"));
        var body = new
        {
            programmeId = scene.Programme,
            organizationId = scene.Organization,
            gpuHours = 1,
        };
        (await quoting.Post("/v1/quotes", body)).Expect(HttpStatusCode.Created);
        // Nobody asked for anything in this tree yet. Whoever has a quote there hears of it.
        Assert.Contains("quote.created", (await AllAsync(quoting)).Select(one => one.Type));
        (await other.Ask(scene.Programme, 1, new { organizationId = scene.Organization })).Expect(HttpStatusCode.Created);
        var heard = await AllAsync(other);
        Assert.Contains("request.approved", heard.Select(one => one.Type));
        foreach (var (type, id) in heard)
            Assert.False(type.StartsWith("quote.", StringComparison.Ordinal) || id == quoting.ClientId, $"{type} of {id} is told.");
    }

    [Fact]
    public async Task A_provider_hears_of_standing_terms_before_it_has_an_offer_there()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(100);
        var (provider, @operator) = await world.Provider();
        var made = (await world.Admin.StandingTerms(programme, provider)).Expect(HttpStatusCode.Created);
        Assert.Contains(await AllAsync(@operator), one => one.Resource == made.Id.ToString());
    }

    [Fact]
    public async Task Pages_skip_and_repeat_nothing_while_decisions_go_on()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 100_000, capacity: 100_000);
        var other = await world.Programme(1_000, terms: new { name = "Another tree" });
        var (found, cursor) = (new List<string>(), "");
        var asking = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => scene.Startup.Ask(scene.Programme, 1)));
        for (var isDone = false; !isDone; )
        {
            isDone = asking.IsCompleted;
            for (var hasMore = true; hasMore; )
            {
                var page = (await world.Admin.Get($"/v1/events?limit=7{cursor}")).Expect(HttpStatusCode.OK);
                found.AddRange(page["data"].AsArray().Select(one => $"{one!["rootProgrammeId"]} {one["sequence"]}"));
                (cursor, hasMore) = ($"&cursor={page.Text_("nextCursor")}", page["hasMore"].GetValue<bool>());
            }
        }

        await asking;
        Assert.Equal(found.Count, found.Distinct().Count());
        Assert.Equal(await world.ScalarAsync<long>("select count(*) from events"), found.Count);
        foreach (var tree in found.Select(one => one.Split(' ')).GroupBy(one => one[0]))
            Assert.Equal(Enumerable.Range(1, tree.Count()).Select(number => $"{number}"), tree.Select(one => one[1]));
        Assert.Contains(found, one => one.StartsWith(other.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Filters_choose_types_resources_programmes_and_the_beginning()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var other = await world.Programme(1_000, terms: new { name = "Another tree" });
        var first = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var later = world.Now;
        var second = (await scene.Startup.Ask(scene.Programme, 2)).Expect(HttpStatusCode.Created);
        (await scene.Startup.Post($"/v1/grants/{second.Text_("grantId")}/close")).Expect(HttpStatusCode.OK);

        Assert.Equal(
            ["request.approved", "request.approved", "grant.closed", "grant.ended"],
            (await AllAsync(scene.Startup, "&types=request.approved,grant.*")).Select(one => one.Type)
        );
        Assert.Equal([("request.approved", first.Id.ToString())], await AllAsync(world.Admin, $"&resource={first.Id}"));
        var begun = await AllAsync(world.Admin, $"&from={later:yyyy-MM-ddTHH:mm:ssZ}");
        Assert.Equal(["request.approved", "grant.closed", "grant.ended"], begun.Select(one => one.Type));
        Assert.All(await AllAsync(world.Admin, $"&programme={other}"), one => Assert.DoesNotContain("request", one.Type));
        Assert.Contains("organization.created", (await AllAsync(world.Admin, "&programme=platform")).Select(one => one.Type));
        (await world.Admin.Get("/v1/events?types=request.*,nonsense")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "types");
        (await world.Admin.Get($"/v1/events?programme={Guid.NewGuid()}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "programme"
        );
        var page = (await world.Admin.Get("/v1/events?types=grant.*")).Expect(HttpStatusCode.OK);
        (await world.Admin.Get($"/v1/events?cursor={page.Text_("nextCursor")}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "cursor"
        );
        (await world.Admin.Get($"/v1/events?types=grant.*&cursor={page.Text_("nextCursor")}")).Expect(HttpStatusCode.OK);
        // One cursor follows a hundred trees. Who sees more names which.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => world.Programme()));
        foreach (var path in (string[])["/v1/events", "/v1/events?from=2020-01-01T00:00:00Z", "/v1/events/export"])
            (await world.Admin.Get(path)).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "programme");
        (await world.Admin.Get($"/v1/events?programme={scene.Programme},platform")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_event_says_who_acted_through_which_client_and_the_export_says_it_for_a_period()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var asked = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        var one = (await scene.Startup.Get($"/v1/events?resource={asked.Id}")).Expect(HttpStatusCode.OK)["data"][0]!;
        Assert.Equal(scene.Startup.ClientId, one["clientId"]!.GetValue<string>());
        var me = (await scene.Startup.Get("/v1/me")).Expect(HttpStatusCode.OK).Text_("principalId");
        Assert.Equal(me, one["actorId"]!.GetValue<string>());
        Assert.Equal(asked["decision"]["id"]!.GetValue<string>(), one["data"]!["decisionId"]!.GetValue<string>());

        var json = (await world.Admin.Get("/v1/events/export")).Expect(HttpStatusCode.OK)["data"].AsArray();
        Assert.Equal(await world.ScalarAsync<long>("select count(*) from events"), json.Count);
        var csv = (await scene.Startup.Get($"/v1/events/export?format=csv&resource={asked.Id}")).Expect(HttpStatusCode.OK).Text;
        Assert.Equal(me, Assert.Single(CsvReader.Rows(csv))["actorId"]);
        var early = $"/v1/events/export?from={world.Now.AddDays(-2):yyyy-MM-ddTHH:mm:ssZ}&to={world.Now.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}";
        Assert.Empty((await world.Admin.Get(early)).Expect(HttpStatusCode.OK)["data"].AsArray());
        (await world.Admin.Get("/v1/caller-addresses?from=0001-01-01T00:00:00Z")).Expect(HttpStatusCode.OK);

        // From where it came lies beside the events, for 90 days. Reading writes nothing.
        async Task<List<string>> FromAsync() =>
            [
                .. (await world.Admin.Get($"/v1/caller-addresses?clientId={scene.Startup.ClientId}"))["data"]
                    .AsArray()
                    .Select(row => row!["address"]!.GetValue<string>()),
            ];
        Assert.Equal(["127.0.0.1"], await FromAsync());
        await world.PassAsync(TimeSpan.FromDays(89), scene.Startup);
        (await scene.Startup.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Assert.Equal(["127.0.0.1"], await FromAsync());
        await world.PassAsync(TimeSpan.FromDays(2), scene.Startup);
        Assert.Empty(await FromAsync());
        Assert.NotEmpty((await scene.Startup.Get($"/v1/events?resource={asked.Id}"))["data"].AsArray());
    }

    [Fact]
    public async Task A_restored_database_is_told_and_the_reader_goes_on_from_before_the_restore()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        world.Clock.Advance(TimeSpan.FromHours(1));
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var read = (await scene.Startup.Get("/v1/events?limit=100")).Expect(HttpStatusCode.OK);
        var path = $"/v1/events?limit=100&cursor={read.Text_("nextCursor")}";
        Assert.Empty((await scene.Startup.Get(path)).Expect(HttpStatusCode.OK)["data"].AsArray());

        // What a restore does to a reader: the number of its last event is another event's.
        await world.ScalarAsync<long>(
            "alter table events disable trigger user; update events set id = gen_random_uuid() where type = 'request.approved'; "
                + "alter table events enable trigger user; select count(*) from events"
        );
        var problem = (await scene.Startup.Get(path)).ExpectProblem(HttpStatusCode.Conflict, "feed-restored");
        var again = (await scene.Startup.Get($"/v1/events?limit=100&cursor={problem.Text_("cursor")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(["request.approved"], again["data"].AsArray().Select(one => one!["type"]!.GetValue<string>()));
    }

    private static async Task<List<(string Type, string Resource)>> AllAsync(Person person, string filters = "")
    {
        var found = new List<(string, string)>();
        for (var (cursor, hasMore) = ("", true); hasMore; )
        {
            var page = (await person.Get($"/v1/events?limit=100{filters}{cursor}")).Expect(HttpStatusCode.OK);
            found.AddRange(page["data"].AsArray().Select(Name));
            (cursor, hasMore) = ($"&cursor={page.Text_("nextCursor")}", page["hasMore"].GetValue<bool>());
        }

        return found;
    }

    private static (string, string) Name(JsonNode? one) => (one!["type"]!.GetValue<string>(), one["resourceId"]!.GetValue<string>());
}
