using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Who may know of what.</summary>
public sealed class SightTests
{
    /// <summary>What everybody may know of.</summary>
    private static readonly string[] Registers = ["/v1/gpu-models/", "/v1/providers/", "/v1/terms/"];

    [Fact]
    public async Task An_id_of_another_tree_answers_as_a_missing_one_on_every_endpoint_that_takes_it()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        await HideAsync(world, cast["programmes"]);
        var wrong = new List<string>();
        foreach (var row in AccessTable.Rows.Where(row => row.Pattern.Contains('{', StringComparison.Ordinal)))
        {
            if (Registers.Any(register => row.Pattern.StartsWith(register, StringComparison.Ordinal)))
                continue;
            var path = row.Path is { } make ? await make(cast) : cast.Path(row.Pattern);
            foreach (var (name, stranger) in cast.Callers.TakeLast(4))
            {
                var (there, missing) = (
                    await row.CallAsync(cast, stranger, path),
                    await row.CallAsync(cast, stranger, Cast.MissingPath(row.Pattern))
                );
                if (Answer(there) != Answer(missing))
                    wrong.Add($"{row.Endpoint} by {name}\n  there   {Answer(there)}\n  missing {Answer(missing)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task An_id_of_another_tree_in_a_body_answers_as_a_missing_one()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        await HideAsync(world, cast["programmes"]);
        var hidden = cast.Ids.Where(one => one.Key is not "providers" && Guid.TryParse(one.Value, out _)).Select(one => one.Value).ToList();
        var tried = 0;
        foreach (
            var row in AccessTable.Rows.Where(row => row.Method == HttpMethod.Post && !row.Pattern.Contains('{', StringComparison.Ordinal))
        )
        {
            var body = JsonSerializer.Serialize(row.Body(cast), JsonSerializerOptions.Web);
            var other = hidden.Aggregate(body, (text, id) => text.Replace(id, Guid.CreateVersion7().ToString(), StringComparison.Ordinal));
            if (body == other)
                continue;
            tried++;
            // Bulk verdicts answer with the ids that they were sent.
            if (row.Pattern.StartsWith("/v1/reviews", StringComparison.Ordinal))
                continue;
            foreach (var (_, stranger) in cast.Callers.TakeLast(4))
                Assert.Equal(
                    Answer(await stranger.Post(row.Pattern, other)),
                    Answer(await stranger.Post(row.Pattern, body)),
                    StringComparer.Ordinal
                );
        }

        Assert.True(tried > 8, $"Only {tried} bodies name something of the tree.");
    }

    [Fact]
    public async Task Strangers_read_public_programmes_and_what_they_accepted_without_a_token()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await world.Provider("Other Cloud");
        var programme = $"/v1/programmes/{scene.Programme}";
        var offer = $"/v1/offers/{scene.Offer}";
        (await world.ReadAsync(programme)).Expect(HttpStatusCode.OK);
        (await world.ReadAsync(offer)).Expect(HttpStatusCode.OK);
        Assert.Contains(scene.Programme.ToString(), (await world.ReadAsync("/v1/programmes")).Text, StringComparison.Ordinal);
        Assert.Contains(scene.Offer.ToString(), (await world.ReadAsync("/v1/offers")).Text, StringComparison.Ordinal);
        Assert.Contains("h100", (await world.ReadAsync("/v1/gpu-models")).Text, StringComparison.Ordinal);
        (await world.ReadAsync("/v1/providers")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await world.CallAsync("/v1/programmes", new { name = "Mine" })).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        // Whoever sends a token wants to be known.
        (await world.Holder("no.such.token").Get(programme)).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        // What provider and programme have yet to agree on is nobody else's business.
        (await scene.Operator.Post($"{offer}/rates", new { rate = 9 })).Expect(HttpStatusCode.OK);
        Assert.Contains("\"pending\"", (await scene.Operator.Get(offer)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"pending\"", (await world.ReadAsync(offer)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_programme_is_known_to_its_people_its_providers_and_those_who_asked()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var reviewer = await world.Reviewer(below);
        var (_, stranger) = await world.Organization();
        await HideAsync(world, scene.Programme.ToString());
        var path = $"/v1/programmes/{scene.Programme}";
        var offer = $"/v1/offers/{scene.Offer}";
        foreach (var person in (Person[])[world.Admin, reviewer, scene.Operator])
            (await person.Get(path)).Expect(HttpStatusCode.OK);
        foreach (var hidden in (string[])[path, offer, $"/v1/programmes/{below}"])
        {
            (await world.ReadAsync(hidden)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
            (await stranger.Get(hidden)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        }

        foreach (var list in (string[])["/v1/programmes", "/v1/offers", "/v1/quota-policies"])
            Assert.Empty((await stranger.Get(list))["data"].AsArray());
        Assert.Empty((await world.ReadAsync("/v1/programmes"))["data"].AsArray());
        // A sponsor tells applicants the id. Nobody else is led there.
        var draft = new { gpuHours = 1, purpose = "Try" };
        Assert.NotEqual(HttpStatusCode.Created, (await stranger.Post("/v1/requests", draft)).Status);
        (await stranger.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        (await stranger.Get(path)).Expect(HttpStatusCode.OK);
        (await stranger.Get(offer)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Calls_without_a_token_are_limited_by_address()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:CallsPerAddress=2");
        (await world.ReadAsync("/v1/gpu-models")).Expect(HttpStatusCode.OK);
        (await world.ReadAsync("/v1/programmes")).Expect(HttpStatusCode.OK);
        (await world.ReadAsync("/v1/offers")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await world.Admin.Get("/v1/offers")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_auditor_reads_everything_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        await HideAsync(world, cast["programmes"]);
        var auditor = await world.Member("/v1/administrators", "auditor");
        // Reading is all that its token is for, and its role lets it do no more with a token for everything.
        (await auditor.Get("/v1/administrators")).Expect(HttpStatusCode.OK);
        await world.ScalarAsync<long>(
            "with all_scopes as (update api_clients set scopes = array['read', 'request', 'review', 'provide', 'administer', 'clients'] "
                + "returning 1) select count(*) from all_scopes"
        );
        auditor.ForgetToken();
        var wrong = new List<string>();
        foreach (var row in AccessTable.Rows)
        {
            var path = row.Path is { } make ? await make(cast) : cast.Path(row.Pattern);
            var reply = await row.CallAsync(cast, auditor, path);
            // A simulation that is not done yet has no result for anybody.
            var isRead =
                reply.Status is HttpStatusCode.OK or HttpStatusCode.Conflict
                && (row.Shows is null || reply.Text.Contains(row.Shows(cast), StringComparison.Ordinal));
            if (row.Method == HttpMethod.Get ? isRead == row.IsSecret : !IsForEverybody(row) && (int)reply.Status is < 400 or 409 or 412)
                wrong.Add($"{row.Endpoint}: {(int)reply.Status} {reply.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        (await world.Admin.Get("/v1/administrators")).Expect(HttpStatusCode.OK);
        (await world.Admin.Delete($"/v1/administrators/{auditor.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await auditor.Get($"/v1/programmes/{cast["programmes"]}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_reviewers_queue_tells_nothing_of_sibling_programmes()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var (above, under) = (await world.Reviewer(scene.Programme), await world.Reviewer(below));
        await scene.Startup.Ask(scene.Programme, 5);
        await scene.Startup.Ask(scene.Programme, 20);
        var asked = await scene.Startup.Ask(below, 20);
        foreach (var order in (string[])["oldest", "fair-share"])
        {
            var seen = Assert.Single((await under.Get($"/v1/reviews?order={order}"))["data"].AsArray())!;
            Assert.Equal(asked.Id.ToString(), seen["request"]!["id"]!.GetValue<string>());
            Assert.Equal("""{"in-review":1}""", seen["history"]!["requests"]!.ToJsonString());
            Assert.Equal(0, seen["history"]!["grantedGpuHours"]!.GetValue<decimal>());
            Assert.Equal(2, (await above.Get($"/v1/reviews?order={order}"))["data"].AsArray().Count);
        }

        var all = (await above.Get("/v1/reviews"))["data"].AsArray();
        Assert.All(all, one => Assert.Equal(5, one!["history"]!["grantedGpuHours"]!.GetValue<decimal>()));
    }

    private static async Task HideAsync(TestWorld world, string programme) =>
        (await world.Admin.Patch($"/v1/programmes/{programme}", new { visibility = "private" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    /// <summary>What somebody without any role may do for themselves.</summary>
    private static bool IsForEverybody(AccessRow row) => row.Letters[^1] is 'Y' or 'E';

    private static string Answer(Reply reply)
    {
        var body = reply.Text.Length == 0 ? [] : JsonNode.Parse(reply.Text)!.AsObject();
        body.Remove("traceId");
        return $"{(int)reply.Status} {body.ToJsonString()}";
    }
}
