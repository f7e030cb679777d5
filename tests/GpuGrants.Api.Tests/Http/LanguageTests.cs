using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Tests.Codes;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Http;

/// <summary>Every endpoint that says something to people says it in English and in Korean.</summary>
public sealed partial class LanguageTests
{
    private static readonly (string, string) Korean = ("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.1");

    /// <summary>What sentences for people are called in answers, and where they are.</summary>
    private static readonly string[] Spoken = ["Reason", "VerdictResult", "MoveResult", "QuotaIncreaseDecision", "PassedOver"];

    /// <summary>Answers whose schema has such sentences and that never show one.</summary>
    private static readonly string[] Silent = ["GET /v1/requests", "GET /v1/quota-increases"];

    [Fact]
    public async Task Every_endpoint_that_speaks_says_the_same_in_English_and_in_Korean_and_changes_nothing_by_it()
    {
        await using var world = await TestWorld.StartAsync();
        var calls = await CallsAsync(world);
        Assert.Equal(Speaking(world), calls.Select(one => one.Endpoint).Order(StringComparer.Ordinal));
        // The first call of a person makes the row of the lock under which their quotes are counted.
        foreach (var call in calls)
            await call.Make([Person.AnyVersion]);
        var before = await world.FingerprintAsync();
        foreach (var call in calls)
        {
            var english = await call.Make([Person.AnyVersion]);
            var korean = await call.Make([Person.AnyVersion, Korean]);
            Assert.True(
                (english.Status, english.Body?["code"]?.ToString()) == (korean.Status, korean.Body?["code"]?.ToString()),
                call.Endpoint
            );
            Assert.False(Hangul.IsIn(english.Text), $"{call.Endpoint}: {english.Text}");
            Assert.True(Hangul.IsIn(korean.Text), $"{call.Endpoint}: {korean.Text}");
            if (korean.Status < HttpStatusCode.BadRequest)
                Assert.Equal(["ko"], korean.Message.Content.Headers.ContentLanguage);
            // A refusal says each field in the language of the whole.
            Assert.All(korean.Body?["errors"]?.AsObject() ?? [], field => Assert.True(Hangul.IsIn(field.Value![0]!.GetValue<string>())));
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Every_answer_with_sentences_for_people_is_of_an_endpoint_that_speaks()
    {
        await using var world = await TestWorld.StartAsync();
        var contract = JsonNode.Parse(await File.ReadAllTextAsync(Repository.File("openapi", "v1.json")))!;
        var should =
            from path in contract["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            where operation.Value is JsonObject
            from status in (string[])["200", "201"]
            let answer = operation.Value["responses"]?[status]?["content"]
            where answer is not null && Reached(contract, answer).Overlaps(Spoken)
            select $"{operation.Key.ToUpperInvariant()} {path.Key}";
        var silent = should.Distinct().Except(Speaking(world).Select(one => Constraint().Replace(one, "}")));
        Assert.Equal(Silent.Order(StringComparer.Ordinal), silent.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Whatever_refuses_a_call_says_it_in_Korean_under_the_same_code_and_fields()
    {
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            "--SignUp:CodesPerEmail=3",
            "--RateLimit:CallsPerAddress=6",
        ]);
        var scene = await world.Scene(rules: Scenes.PerRequest("20"));
        var started = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        var wrong = code == "00000000" ? "00000001" : "00000000";
        var approved = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var startup = scene.Startup;
        var member = await world.Member($"/v1/organizations/{scene.Organization}/members", "organization-member");
        var confirm = $"/v1/sign-ups/{started.Id}/confirm";
        (string Code, string? Field, Func<(string, string)[], Task<Reply>> Call)[] calls =
        [
            ("invalid", "email", with => world.CallAsync("/v1/sign-ups", new { email = "none" }, with)),
            ("code-wrong", "grantCode", with => SignUpAsync("0000-0000-0000-0000-0000", with)),
            ("invalid", "grantCode", with => SignUpAsync("0000-0000-0000-0000-0001", with)),
            ("code-wrong", "code", with => world.CallAsync(confirm, new { code = wrong }, with)),
            ("not-found", null, with => world.CallAsync($"/v1/sign-ups/{Guid.NewGuid()}/confirm", new { code }, with)),
            ("code-wrong", "code", with => startup.Post("/v1/code-redemptions", new { code = "0000-0000-0000-0000-0000" }, with)),
            (
                "invalid",
                "programmeId",
                with =>
                    startup.Post(
                        "/v1/requests",
                        new
                        {
                            gpuHours = 1,
                            purpose = "Train",
                            programmeId = Guid.NewGuid(),
                        },
                        with
                    )
            ),
            (
                "invalid",
                "gpuHours",
                with =>
                    startup.Post(
                        "/v1/requests",
                        new
                        {
                            gpuHours = 0.001,
                            purpose = "Train",
                            programmeId = scene.Programme,
                        },
                        with
                    )
            ),
            ("malformed", "gpuhours", with => startup.Post("/v1/requests", new { gpuhours = 1 }, with)),
            ("no-counter-offer", null, with => startup.Post($"/v1/requests/{approved.Id}/accept-counter-offer", new { }, with)),
            ("scope-missing", null, with => startup.Post("/v1/gpu-models", new { id = "x" }, with)),
            ("forbidden", null, with => member.Post($"/v1/organizations/{scene.Organization}/close", new { }, with)),
            ("precondition-required", "If-Match", with => startup.Patch($"/v1/organizations/{scene.Organization}", new { }, with)),
            ("malformed", "sort", with => startup.Get("/v1/requests?sort=name", with)),
            ("unauthenticated", null, with => world.CallAsync("/v1/requests", new { }, with)),
            ("method-not-allowed", null, with => startup.Post("/v1/offers/search", new { }, with)),
            ("rate-limited", null, with => SignUpAsync(null, with)),
        ];
        for (var i = 0; i < 3; i++)
            await SignUpAsync(null, []);
        var findings = new List<string>();
        foreach (var (expected, field, call) in calls)
        {
            var (english, korean) = (await call([]), await call([Korean]));
            var isSame =
                (english.Status, $"{english.Body?["code"]}") == (korean.Status, expected)
                && $"{korean.Body?["code"]}" == expected
                && Fields(english).SequenceEqual(Fields(korean))
                && (field is null || Fields(korean).Contains(field));
            var sentences = (korean.Body?["errors"]?.AsObject() ?? [])
                .SelectMany(one => one.Value!.AsArray())
                .Prepend(korean.Body?["detail"]);
            if (
                !isSame
                || Hangul.IsIn(english.Text)
                || sentences.Any(one => !Hangul.IsIn($"{one}"))
                || english.Message.Content.Headers.ContentLanguage.SingleOrDefault() != "en"
                || korean.Message.Content.Headers.ContentLanguage.SingleOrDefault() != "ko"
            )
                findings.Add($"{expected} {field}: {english.Text}\n    {korean.Text}");
        }

        Assert.True(findings.Count == 0, string.Join('\n', findings));

        static IEnumerable<string> Fields(Reply reply) => (reply.Body?["errors"]?.AsObject() ?? []).Select(one => one.Key);

        Task<Reply> SignUpAsync(string? grantCode, (string, string)[] with) =>
            world.CallAsync(
                "/v1/sign-ups",
                new
                {
                    email = "ravi@example.org",
                    name = "Ravi",
                    organizationName = "Ravi",
                    kind = "student",
                    country = "KR",
                    acceptsTerms = true,
                    grantCode,
                },
                with
            );
    }

    [Fact]
    public async Task A_repeated_refusal_keeps_its_first_language()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var approved = (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var (path, key) = ($"/v1/requests/{approved.Id}/withdraw", ("Idempotency-Key", "once"));
        var first = (await scene.Startup.Post(path, new { }, Korean, key)).ExpectProblem(HttpStatusCode.Conflict, "request-not-open");
        Assert.True(Hangul.IsIn(first.Text), first.Text);
        var again = await scene.Startup.Post(path, new { }, key);
        Assert.True(again.IsReplay);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(["ko"], again.Message.Content.Headers.ContentLanguage);
    }

    private static List<string> Speaking(TestWorld world) =>
        [
            .. (
                from endpoint in world.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                where endpoint.Metadata.GetMetadata<SpeaksLanguages>() is not null
                from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                select $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"
            ).Order(StringComparer.Ordinal),
        ];

    /// <summary>The names of all schemas that a part of the contract refers to.</summary>
    private static HashSet<string> Reached(JsonNode contract, JsonNode from)
    {
        var reached = new HashSet<string>();
        var waiting = new Stack<JsonNode?>([from]);
        while (waiting.TryPop(out var node))
            if (node is JsonArray items)
                foreach (var item in items)
                    waiting.Push(item);
            else if (node is JsonObject fields)
                foreach (var (name, value) in fields)
                    if (name != "$ref" || value is not JsonValue)
                        waiting.Push(value);
                    else if (value.GetValue<string>().Split('/')[^1] is var schema && reached.Add(schema))
                        waiting.Push(contract["components"]!["schemas"]![schema]);
        return reached;
    }

    /// <summary>A call of each, none of which changes anything.</summary>
    private static async Task<List<Call>> CallsAsync(TestWorld world)
    {
        var scene = await world.Scene(rules: [Scenes.PerRequest("20"), Scenes.Lifetime("100")]);
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        var elsewhere = await scene.Operator.Offer(scene.Programme, scene.Provider);
        var used = await Granted(world, scene);
        var revoked = await Granted(world, scene);
        var stopped = await Granted(world, scene);
        await world.PassAsync(scene, hours: 2);
        var record = (await scene.ReportAsync(world, Guid.Parse(used), (-2, -1))).Ids[0];
        await Do(scene.Operator, $"/v1/grants/{used}/usage-records/{record}/void", new { reason = "Not theirs" });
        await Do(world.Admin, $"/v1/grants/{revoked}/revoke", new { reason = "Misused" });
        await Do(scene.Operator, $"/v1/grants/{revoked}/settle", new { });
        await Do(world.Admin, $"/v1/grants/{stopped}/suspend", new { reason = "Looked at" });
        var (batch, codes) = await world.Mint(scene, 1);
        await Do(world.Admin, $"/v1/code-batches/{batch.Id}/end", new { reason = "Over" });
        var policy = (await world.Admin.Get("/v1/quota-policies"))["data"][0]!["id"]!.GetValue<string>();
        var increase = await scene.Startup.Post("/v1/quota-increases", Increase(policy, "per-request"));
        await Do(scene.Startup, $"/v1/quota-increases/{increase.Id}/withdraw", new { });
        var denied = (await scene.Startup.Ask(scene.Programme, 200)).Expect(HttpStatusCode.Created);
        var waits = (await scene.Startup.Ask(scene.Programme, 25)).Expect(HttpStatusCode.Created);
        await Granted(world, scene, 20);
        await Granted(world, scene, 20);
        await Granted(world, scene, 15);
        var (startup, admin, provider) = (scene.Startup, world.Admin, scene.Operator);
        var (grants, requests, increases) = ($"/v1/grants/{revoked}", "/v1/requests", $"/v1/quota-increases/{increase.Id}");
        var records = $"/v1/grants/{used}/usage-records/{record}";
        Call OfGrant(Person by, string act, object body) => new($"POST /v1/grants/{{id:guid}}/{act}", by, $"{grants}/{act}", body);
        Call OfRequest(Person by, Reply one, string act, object body) =>
            new($"POST /v1/requests/{{id:guid}}/{act}", by, $"{requests}/{one.Id}/{act}", body);
        return
        [
            new("POST /v1/quotes", startup, "/v1/quotes", new { programmeId = scene.Programme, gpuHours = 200 }),
            new("POST /v1/requests", startup, "/v1/requests?dryRun=true", Ask(scene, 200)),
            new("GET /v1/requests/{id:guid}", startup, $"{requests}/{denied.Id}"),
            new("GET /v1/requests/{id:guid}/decisions", startup, $"{requests}/{denied.Id}/decisions"),
            new("GET /v1/decisions/{id:guid}/replay", admin, $"/v1/decisions/{denied["decision"]["id"]}/replay"),
            OfRequest(startup, waits, "amend", new { gpuHours = 500 }),
            OfRequest(startup, denied, "withdraw", new { }),
            OfRequest(startup, denied, "accept-counter-offer", new { }),
            OfRequest(admin, waits, "approve", new { gpuHours = 26 }),
            OfRequest(admin, denied, "deny", new { reason = "No" }),
            new("GET /v1/reviews", admin, "/v1/reviews"),
            new("POST /v1/reviews/verdicts", admin, "/v1/reviews/verdicts", Verdicts(denied)),
            new("POST /v1/code-redemptions", startup, "/v1/code-redemptions", new { code = codes[0] }),
            new("POST /v1/quota-increases", startup, "/v1/quota-increases", Increase(policy, "no-such-rule")),
            new("GET /v1/quota-increases/{id:guid}", startup, increases),
            new("GET /v1/quota-increases/{id:guid}/decisions", startup, $"{increases}/decisions"),
            new("POST /v1/quota-increases/{id:guid}/approve", admin, $"{increases}/approve", new { }),
            new("POST /v1/quota-increases/{id:guid}/deny", admin, $"{increases}/deny", new { reason = "No" }),
            new("POST /v1/quota-increases/{id:guid}/withdraw", startup, $"{increases}/withdraw", new { }),
            new("POST /v1/grants/{id:guid}/usage-records/{recordId:guid}/void", provider, $"{records}/void", new { reason = "Twice" }),
            new("POST /v1/grants/{id:guid}/usage-records/{recordId:guid}/replace", provider, $"{records}/replace", Figures(world)),
            OfGrant(startup, "close", new { }),
            OfGrant(admin, "revoke", new { reason = "Twice" }),
            OfGrant(admin, "suspend", new { reason = "Late" }),
            OfGrant(admin, "resume", new { reason = "Late" }),
            OfGrant(provider, "settle", new { }),
            OfGrant(startup, "shrink", new { gpuHours = 1 }),
            OfGrant(startup, "top-up", new { gpuHours = 1 }),
            OfGrant(startup, "extend", new { expiresAt = world.Now.AddDays(60) }),
            OfGrant(startup, "renew", new { }),
            OfGrant(startup, "activate", new { }),
            OfGrant(startup, "transfer", new { projectId = Guid.NewGuid() }),
            OfGrant(admin, "move", new { offerId = elsewhere, reason = "No" }),
            new(
                "POST /v1/offers/{id:guid}/move-grants",
                admin,
                $"/v1/offers/{scene.Offer}/move-grants?dryRun=true",
                new { offerId = elsewhere, reason = "No" }
            ),
        ];
    }

    private sealed record Call(string Endpoint, Person By, string Path, object? Body = null)
    {
        public Task<Reply> Make((string, string)[] headers) =>
            Endpoint.StartsWith("GET", StringComparison.Ordinal) ? By.Get(Path, headers) : By.Post(Path, Body, headers);
    }

    private static object Ask(Scene scene, decimal gpuHours) =>
        new
        {
            programmeId = scene.Programme,
            gpuHours,
            purpose = "Fine-tune a model",
        };

    private static object Verdicts(Reply request) =>
        new
        {
            verdicts = new[]
            {
                new
                {
                    requestId = request.Id,
                    version = 1,
                    verdict = "deny",
                    reason = "No",
                },
            },
        };

    private static object Increase(string policy, string rule) =>
        new
        {
            policyId = policy,
            ruleId = rule,
            limit = 500,
            reason = "A larger model",
        };

    private static object Figures(TestWorld world) =>
        new
        {
            gpus = 1,
            startedAt = world.Now.AddHours(-2),
            endedAt = world.Now.AddHours(-1),
            reason = "Metered again",
        };

    private static async Task<string> Granted(TestWorld world, Scene scene, decimal gpuHours = 5)
    {
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        return (await scene.Startup.Ask(scene.Programme, gpuHours)).Expect(HttpStatusCode.Created).Text_("grantId");
    }

    private static async Task Do(Person by, string path, object body)
    {
        var reply = await by.Post(path, body, Person.AnyVersion);
        Assert.True((int)reply.Status is 200 or 201, reply.Text);
    }

    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();
}
