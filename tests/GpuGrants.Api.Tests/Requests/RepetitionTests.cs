using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Lives;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>A repeated call with its key gets the very bytes of the first answer, whatever happened since.</summary>
public sealed class RepetitionTests
{
    private sealed record Sent(Person By, string Path, string Body, (string Name, string Value)[] Headers, Reply First);

    [Theory]
    [MemberData(nameof(NewLives.And), 1, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task Every_call_of_a_random_story_repeats_byte_for_byte(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        await world.Waive();
        var scene = await world.Scene(
            rules: [Scenes.SeveralApprove("20", 2, "large"), Scenes.PerMonth("400"), Scenes.PerRequest("60", "deny", "largest")]
        );
        var other = await world.Programme(200);
        await scene.Operator.Offer(other, scene.Provider);
        await world.Policy(other, Scenes.PerRequest("30"));
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var random = new Random(seed);
        var story = new Story(scene, other, reviewers, random);
        var sent = new List<Sent>();
        for (var step = 0; step < 60; step++)
        {
            if (await story.NextAsync() is { } call)
                sent.Add(call);
            if (step % 10 == 9)
            {
                world.Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 20)));
                // Tokens of an hour before would have ended.
                foreach (var person in (Person[])[scene.Startup, scene.Operator, world.Admin, .. reviewers])
                    person.ForgetToken();
            }

            if (sent.Count > 0 && random.Next(2) == 0)
                await RepeatAsync(sent[random.Next(sent.Count)]);
        }

        foreach (var call in sent)
            await RepeatAsync(call);
        Assert.Contains(sent, call => call.First.Status == HttpStatusCode.Created);
        Assert.Contains(sent, call => call.Path.EndsWith("/amend", StringComparison.Ordinal) && call.First.Status == HttpStatusCode.OK);
        Assert.Contains(sent, call => call.Path.EndsWith("/approve", StringComparison.Ordinal) && call.First.Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_used_key_holds_no_answer_about_a_decision_and_may_be_deleted()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 5, null, ("Idempotency-Key", "once"));
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                "select count(*) from idempotency_keys where decision_id is not null and body is null and location is null and etag is null"
            )
        );
        await world.ScalarAsync<long>("with gone as (delete from idempotency_keys returning 1) select count(*) from gone");
        var again = await scene.Startup.Ask(scene.Programme, 5, null, ("Idempotency-Key", "once"));
        Assert.False(again.IsReplay);
        Assert.Equal(2, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Fact]
    public async Task Dates_memberships_and_models_are_not_asked_again_and_sight_is()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        (string, string) key = ("Idempotency-Key", "once");
        var dated = new { startsAt = world.Now.AddMinutes(1) };
        var asked = (await scene.Startup.Ask(scene.Programme, 5, dated, key)).Expect(HttpStatusCode.Created);
        var offer = new
        {
            programmeId = scene.Programme,
            providerId = scene.Provider,
            gpuModel = "h100",
            region = "kr-north",
            capacityGpuHours = 10,
            rate = 1,
        };
        var proposed = (await scene.Operator.Post("/v1/offers", offer, key)).Expect(HttpStatusCode.Created);
        var model = await world.Admin.Get("/v1/gpu-models/h100");
        (await world.Admin.Patch("/v1/gpu-models/h100", new { status = "retired" }, ("If-Match", model.ETag))).Expect(HttpStatusCode.OK);
        var principal = (await scene.Startup.Get("/v1/me"))["principalId"].GetValue<Guid>();
        var (second, _) = await world.Organization(name: "A second one");
        (
            await world.Admin.Post($"/v1/organizations/{second}/members", new { principalId = principal, role = "organization-member" })
        ).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromMinutes(30), scene.Startup, scene.Operator);
        var again = await scene.Startup.Ask(scene.Programme, 5, dated, key);
        Assert.Equal((true, asked.Text), (again.IsReplay, again.Text));
        var offered = await scene.Operator.Post("/v1/offers", offer, key);
        Assert.Equal((true, proposed.Text), (offered.IsReplay, offered.Text));
        // Whoever sees an organization no more gets no answer about it, whatever the key.
        (string, string) theirs = ("Idempotency-Key", "theirs");
        var elsewhere = new { organizationId = second };
        (await scene.Startup.Ask(scene.Programme, 5, elsewhere, theirs)).Expect(HttpStatusCode.Created);
        (await world.Admin.Delete($"/v1/organizations/{second}/members/{principal}")).Expect(HttpStatusCode.NoContent);
        scene.Startup.ForgetToken();
        (await scene.Startup.Ask(scene.Programme, 5, elsewhere, theirs)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "organizationId"
        );
        // Without the key the same calls are refused.
        (await scene.Startup.Ask(scene.Programme, 5, dated, ("Idempotency-Key", "new"))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid"
        );
        (await scene.Operator.Post("/v1/offers", offer, ("Idempotency-Key", "new"))).ExpectProblem(HttpStatusCode.BadRequest, "invalid");
        // Another body under the key stays another call, also when it would be refused.
        (await scene.Startup.Ask(scene.Programme, 6, dated, key)).ExpectProblem(
            HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused"
        );
    }

    [Fact]
    public async Task A_repetition_blanks_the_secret_and_says_how_to_replace_it()
    {
        await using var world = await TestWorld.StartAsync();
        var first = await world.Admin.Post("/v1/clients", new { name = "Nightly" }, ("Idempotency-Key", "once"));
        Assert.NotNull(first.Body!["clientSecret"]);
        var again = await world.Admin.Post("/v1/clients", new { name = "Nightly" }, ("Idempotency-Key", "once"));
        Assert.True(again.IsReplay);
        Assert.Null(again.Body!["clientSecret"]);
        Assert.Contains($"/v1/clients/{first.Text_("clientId")}/rotate", again.Text_("secretHint"), StringComparison.Ordinal);
        Assert.Equal(first.Text_("clientId"), again.Text_("clientId"));
    }

    private static async Task RepeatAsync(Sent call)
    {
        var again = await call.By.Post(call.Path, call.Body, call.Headers);
        var name = $"{call.Path} {call.Body}";
        Assert.True(again.IsReplay, $"{name}: {again.Text}");
        Assert.Equal((name, call.First.Status, call.First.Text), (name, again.Status, again.Text));
        Assert.Equal(call.First.Message.Headers.ETag, again.Message.Headers.ETag);
        Assert.Equal(call.First.Message.Headers.Location, again.Message.Headers.Location);
        Assert.Equal(call.First.Message.Content.Headers.ContentType, again.Message.Content.Headers.ContentType);
    }

    /// <summary>Somebody who asks, changes their mind, is reviewed, uses and gives back, all at random.</summary>
    private sealed class Story(Scene scene, Guid other, Person[] reviewers, Random random)
    {
        private readonly List<string> _requests = [];
        private readonly List<string> _grants = [];
        private int _keys;

        public Task<Sent?> NextAsync() =>
            random.Next(10) switch
            {
                < 3 => SubmitAsync(),
                3 or 4 => OnRequestAsync(scene.Startup, "amend", new JsonObject { ["gpuHours"] = Hours(), ["purpose"] = "Changed" }),
                5 or 6 => OnRequestAsync(
                    reviewers[random.Next(2)],
                    "approve",
                    random.Next(2) == 0 ? [] : new JsonObject { ["gpuHours"] = 1 }
                ),
                7 => random.Next(2) == 0
                    ? OnRequestAsync(reviewers[0], "deny", new JsonObject { ["reason"] = "Not now" })
                    : OnRequestAsync(scene.Startup, "withdraw", []),
                8 => CloseAsync(),
                _ => UseAsync(),
            };

        private async Task<Sent?> SubmitAsync()
        {
            var body = new JsonObject { ["gpuHours"] = Hours(), ["purpose"] = "Try" };
            if (random.Next(3) > 0)
                body["programmeId"] = (random.Next(3) == 0 ? other : scene.Programme).ToString();
            if (random.Next(3) == 0)
                body["region"] = "kr-central";
            var call = await SendAsync(scene.Startup, "/v1/requests", body);
            if (call.First.Status == HttpStatusCode.Created)
                _requests.Add(call.First.Text_("id"));
            Remember(call.First);
            return call;
        }

        private async Task<Sent?> OnRequestAsync(Person by, string action, JsonObject body)
        {
            if (_requests.Count == 0)
                return null;
            var id = _requests[random.Next(_requests.Count)];
            var seen = await scene.Startup.Get($"/v1/requests/{id}");
            var call = await SendAsync(by, $"/v1/requests/{id}/{action}", body, ("If-Match", seen.ETag));
            // Reviewers of one programme do not see the other's requests: that is no answer of the pipeline's.
            if (call.First.Status == HttpStatusCode.NotFound)
                return null;
            Remember(call.First);
            return call;
        }

        private async Task<Sent?> CloseAsync() =>
            _grants.Count == 0 ? null : await SendAsync(scene.Startup, $"/v1/grants/{_grants[random.Next(_grants.Count)]}/close", []);

        private async Task<Sent?> UseAsync()
        {
            if (_grants.Count == 0)
                return null;
            var grant = await scene.Startup.Get($"/v1/grants/{_grants[random.Next(_grants.Count)]}");
            var start = grant["startsAt"]!.GetValue<DateTimeOffset>();
            var record = new JsonObject
            {
                ["id"] = Guid.NewGuid().ToString(),
                ["grantId"] = grant.Text_("id"),
                ["gpus"] = random.Next(1, 1_000) / 1_000m,
                ["startedAt"] = start.ToString("O", CultureInfo.InvariantCulture),
                ["endedAt"] = start.AddMinutes(1).ToString("O", CultureInfo.InvariantCulture),
            };
            return await SendAsync(scene.Operator, "/v1/usage-records", new JsonObject { ["records"] = new JsonArray(record) });
        }

        private async Task<Sent> SendAsync(Person by, string path, JsonObject body, params (string, string)[] headers)
        {
            (string, string)[] all =
            [
                .. headers,
                ("Idempotency-Key", $"key-{_keys++}"),
                ("Accept-Language", random.Next(2) == 0 ? "ko" : "en"),
            ];
            var text = body.ToJsonString();
            return new Sent(by, path, text, all, await by.Post(path, text, all));
        }

        private void Remember(Reply reply)
        {
            if (reply.Body?["grant"]?["id"]?.GetValue<string>() is { } grant)
                _grants.Add(grant);
        }

        private decimal Hours() => random.Next(1, 7_000) / 100m;
    }
}
