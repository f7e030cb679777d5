using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Bad input gets a problem document that names field and rule, and changes nothing.</summary>
public sealed class BadInputTests
{
    private const string Purpose = "\"purpose\":\"Try\"";

    /// <summary>Bodies of a request for GPU time, with the field that each has to be told of.</summary>
    private static readonly (string Field, string Body)[] Requests =
    [
        ("gpuHours", $$"""{{{Purpose}}}"""),
        .. (
            (string[])
                [
                    "0",
                    "-1",
                    "0.005",
                    "0.011",
                    "1e18",
                    "1e40",
                    "1e400",
                    "100000000.01",
                    "79228162514264337593543950335",
                    "1.0000000000000000000000000001",
                    "2.00000000000000000000000000000000001",
                    "1e-30",
                    "\"5\"",
                    "true",
                    "[]",
                    "{}",
                    "null",
                ]
        ).Select(hours => ("gpuHours", $$"""{"gpuHours":{{hours}},{{Purpose}}}""")),
        ("gpus", $$"""{"gpuHours":1,"gpus":0,{{Purpose}}}"""),
        ("gpus", $$"""{"gpuHours":1,"gpus":-1,{{Purpose}}}"""),
        ("gpus", $$"""{"gpuHours":1,"gpus":1.5,{{Purpose}}}"""),
        ("gpus", $$"""{"gpuHours":1,"gpus":99999999999,{{Purpose}}}"""),
        ("gpuModels", $$"""{"gpuHours":1,"gpuModels":["H 100"],{{Purpose}}}"""),
        ("gpuModels", $$"""{"gpuHours":1,"gpuModels":["h100","h100"],{{Purpose}}}"""),
        ("gpuModels", $$"""{"gpuHours":1,"gpuModels":[null],{{Purpose}}}"""),
        ("minGpuMemoryGib", $$"""{"gpuHours":1,"minGpuMemoryGib":-80,{{Purpose}}}"""),
        ("durationDays", $$"""{"gpuHours":1,"durationDays":0,{{Purpose}}}"""),
        ("durationDays", $$"""{"gpuHours":1,"durationDays":100000,{{Purpose}}}"""),
        ("region", $$"""{"gpuHours":1,"region":"KR Central",{{Purpose}}}"""),
        ("startsAt", $$"""{"gpuHours":1,"startsAt":"2001-01-01T00:00:00Z",{{Purpose}}}"""),
        ("startsAt", $$"""{"gpuHours":1,"startsAt":"9999-12-31T23:59:59Z",{{Purpose}}}"""),
        ("startsAt", $$"""{"gpuHours":1,"startsAt":"2030-01-01T00:00:00",{{Purpose}}}"""),
        ("startsAt", $$"""{"gpuHours":1,"startsAt":"tomorrow",{{Purpose}}}"""),
        ("programmeId", $$"""{"gpuHours":1,"programmeId":"not-an-id",{{Purpose}}}"""),
        ("programmeId", $$"""{"gpuHours":1,"programmeId":"0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",{{Purpose}}}"""),
        ("organizationId", $$"""{"gpuHours":1,"organizationId":"0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",{{Purpose}}}"""),
        ("projectId", $$"""{"gpuHours":1,"projectId":"0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d",{{Purpose}}}"""),
        ("purpose", """{"gpuHours":1}"""),
        ("purpose", """{"gpuHours":1,"purpose":"   "}"""),
        ("purpose", """{"gpuHours":1,"purpose":"NUL \u0000"}"""),
        ("purpose", """{"gpuHours":1,"purpose":"bell \u0007"}"""),
        ("purpose", """{"gpuHours":1,"purpose":"lone \ud800"}"""),
        ("purpose", """{"gpuHours":1,"purpose":"lone \udc00 low"}"""),
        ("purpose", $$"""{"gpuHours":1,"purpose":"{{new string('a', 2_001)}}"}"""),
        ("unknown", $$"""{"gpuHours":1,"unknown":1,{{Purpose}}}"""),
        ("gpuhours", $$"""{"gpuhours":1,{{Purpose}}}"""),
        ("gpuHours", $$"""{"gpuHours":1,"gpuHours":2,{{Purpose}}}"""),
        ("externalId", $$"""{"gpuHours":1,"externalId":"{{new string('x', 201)}}",{{Purpose}}}"""),
        ("externalId", $$"""{"gpuHours":1,"externalId":"a\u0000",{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":{"a":null},{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":{"a":1},{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":{"a":{"b":"c"} },{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":{"a":"\u0000"},{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":{"":"a"},{{Purpose}}}"""),
        ("metadata", $$"""{"gpuHours":1,"metadata":[],{{Purpose}}}"""),
        ("$", "null"),
        ("$", "[]"),
        ("$", "1"),
        ("$", ""),
        ("$", "{"),
        ("$", "{\"gpuHours\":NaN}"),
        ("$", "{\"gpuHours\":Infinity}"),
        ("$", "{\"gpuHours\":01}"),
        ("$", "{} {}"),
        ("$", "{/* a comment */}"),
        ("$", "{\"gpuHours\":1,}"),
        ("$", string.Concat(Enumerable.Repeat("{\"tags\":", 200))),
        ("tags", $$"""{"gpuHours":1,"tags":{{new string('[', 40)}}{{new string(']', 40)}},{{Purpose}}}"""),
    ];

    [Fact]
    public async Task A_request_that_breaks_a_rule_is_told_the_field_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        var wrong = new List<string>();
        foreach (var (field, body) in Requests)
        {
            var reply = await scene.Startup.Post("/v1/requests", body);
            var fields = reply.Body?["errors"]?.AsObject().Select(pair => pair.Key).ToList() ?? [];
            if (
                reply.Status != HttpStatusCode.BadRequest
                || reply.Code is not ("invalid" or "malformed")
                || (field != "$" && !fields.Exists(one => one.StartsWith(field, StringComparison.Ordinal)))
                || fields.Count == 0
            )
                wrong.Add($"{body[..Math.Min(120, body.Length)]}\n  should name {field}: {(int)reply.Status} {reply.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task What_portals_receivers_and_readers_of_mail_send_is_told_its_field_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var partner = (await world.Admin.Post("/v1/partners", new { name = "Portal" })).Expect(HttpStatusCode.Created).Id;
        var portal = await world.Member($"/v1/partners/{partner}/members", "partner");
        var hook = $"\"ownerKind\":\"organization\",\"ownerId\":\"{scene.Organization}\"";
        var person = "\"externalId\":\"user-1\",\"name\":\"Mina\",\"kind\":\"student\",\"country\":\"KR\",\"acceptsTerms\":true";
        var (consents, people, hooks) = ($"/v1/partners/{partner}/consents", $"/v1/partners/{partner}/people", "/v1/webhook-endpoints");
        var trust = $"/v1/programmes/{scene.Programme}/partners/{partner}";
        var before = await world.FingerprintAsync();
        var wrong = new List<string>();
        foreach (
            var (by, method, path, field, body) in ((Person, string, string, string, string)[])
                [
                    (world.Admin, "POST", "/v1/partners", "name", """{"name":""}"""),
                    (world.Admin, "POST", "/v1/partners", "scopes", """{"name":"Other","scopes":["read"]}"""),
                    (world.Admin, "PATCH", $"/v1/partners/{partner}", "status", """{"status":"gone"}"""),
                    (world.Admin, "PUT", trust, "peopleAtMost", """{"peopleAtMost":-1,"peoplePerDay":1}"""),
                    (world.Admin, "PUT", trust, "peoplePerDay", """{"peopleAtMost":1,"peoplePerDay":1000001}"""),
                    (world.Admin, "PUT", trust, "peoplePerDay", """{"peopleAtMost":1}"""),
                    (portal, "POST", consents, "scopes", """{}"""),
                    (portal, "POST", consents, "scopes", """{"scopes":[]}"""),
                    (portal, "POST", consents, "scopes", """{"scopes":["administer"]}"""),
                    (portal, "POST", consents, "scopes", """{"scopes":["read","read"]}"""),
                    (portal, "POST", consents, "expiresAt", """{"scopes":["read"],"expiresAt":"2001-01-01T00:00:00Z"}"""),
                    (portal, "POST", consents, "externalId", """{"scopes":["read"],"externalId":"a\u0000"}"""),
                    (scene.Startup, "POST", "/v1/consents", "code", $$"""{"organizationId":"{{scene.Organization}}"}"""),
                    (scene.Startup, "POST", "/v1/consents", "code", """{"code":"\u0000"}"""),
                    (portal, "POST", people, "externalId", """{"name":"Mina"}"""),
                    (portal, "POST", people, "email", $$"""{{{person}},"email":"mina"}"""),
                    (portal, "POST", people, "email", $$"""{{{person}}}"""),
                    (
                        portal,
                        "POST",
                        people,
                        "acceptsTerms",
                        $$"""{{{person.Replace("true", "false", StringComparison.Ordinal)}},"email":"a@example.org"}"""
                    ),
                    (
                        portal,
                        "POST",
                        people,
                        "country",
                        $$"""{{{person.Replace("KR", "XX", StringComparison.Ordinal)}},"email":"a@example.org"}"""
                    ),
                    (portal, "POST", people, "ofAge", $$"""{{{person}},"vouchFor":"{{scene.Programme}}"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}}}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"ftp://example.org"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"https://a@example.org/"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"https://example.org/#a"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"https://example.org/a\u0000"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"https://example.org/\ud800"}"""),
                    (scene.Startup, "POST", hooks, "url", $$"""{{{hook}},"url":"https://example.org/{{new string('a', 2_000)}}"}"""),
                    (scene.Startup, "POST", hooks, "types", $$"""{{{hook}},"url":"https://example.org/","types":["nothing.*"]}"""),
                    (scene.Startup, "POST", hooks, "types", $$"""{{{hook}},"url":"https://example.org/","types":[null]}"""),
                    (scene.Startup, "POST", hooks, "format", $$"""{{{hook}},"url":"https://example.org/","format":"xml"}"""),
                    (scene.Startup, "POST", hooks, "ownerId", """{"ownerKind":"organization","url":"https://example.org/"}"""),
                    (scene.Startup, "POST", hooks, "ownerKind", """{"ownerKind":"person","url":"https://example.org/"}"""),
                    (mina, "PATCH", "/v1/me/mail", "verdicts", """{"verdicts":"no"}"""),
                    (mina, "PATCH", "/v1/me/mail", "verdicts", """{"verdicts":null}"""),
                    (mina, "PATCH", "/v1/me/mail", "code", """{"code":false}"""),
                    (world.Admin, "POST", "/v1/mails/bounces", "email", """{"email":"mina"}"""),
                    (world.Admin, "POST", "/v1/mails/bounces", "email", """{}"""),
                ]
        )
        {
            var reply = method switch
            {
                "POST" => await by.Post(path, body),
                "PUT" => await by.Put(path, body),
                _ => await by.Patch(path, body, ("If-Match", "*")),
            };
            var fields = reply.Body?["errors"]?.AsObject().Select(pair => pair.Key).ToList() ?? [];
            if (reply.Status != HttpStatusCode.BadRequest || !fields.Exists(one => one.StartsWith(field, StringComparison.Ordinal)))
                wrong.Add($"{method} {path} {body[..Math.Min(160, body.Length)]}\n  should name {field}: {(int)reply.Status} {reply.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Amounts_that_overflow_or_make_no_sense_are_refused_everywhere()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (var amount in (string[])["0", "-1", "0.0001", "1e18", "1e400", "9223372036854775807", "\"1\"", "null"])
        {
            await Bad(world.Admin, $"/v1/programmes/{scene.Programme}/fund", $$"""{"credits":{{amount}},"reason":"x"}""");
            await Bad(world.Admin, $"/v1/programmes/{scene.Programme}/write-off", $$"""{"credits":{{amount}},"reason":"x"}""");
            await Bad(scene.Operator, $"/v1/offers/{scene.Offer}/add-capacity", $$"""{"gpuHours":{{amount}}}""");
            await Bad(scene.Operator, $"/v1/offers/{scene.Offer}/withdraw-capacity", $$"""{"gpuHours":{{amount}}}""");
        }

        foreach (var rate in (string[])["-1", "0.0001", "1e18", "1e400", "\"1\"", "null"])
            await Bad(scene.Operator, $"/v1/offers/{scene.Offer}/rates", $$"""{"rate":{{rate}}}""");
        await Bad(scene.Operator, $"/v1/offers/{scene.Offer}/rates", """{"rate":1,"effectiveFrom":"2001-01-01T00:00:00Z"}""");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Numbers_of_a_reserved_ask_whose_product_overflows_are_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var ask = $"{{\"mode\":\"reserved\",\"gpuHours\":24,\"gpus\":2000000000,\"durationDays\":2000000000";
        ask += $",\"programmeId\":\"{scene.Programme}\"";
        var before = await world.FingerprintAsync();
        foreach (var (path, body) in ((string, string)[])[("/v1/requests", ask + $",{Purpose}}}"), ("/v1/quotes", ask + "}")])
        {
            var refused = (await scene.Startup.Send(HttpMethod.Post, path, body, [])).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "gpus"
            );
            Assert.NotNull(refused["errors"]["durationDays"]);
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Sums_that_would_overflow_are_refused_and_undone()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=100000000000");
        var scene = await world.Scene();
        HttpStatusCode status;
        var rounds = 0;
        do status = (
            await world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", new { credits = 100_000_000_000m, reason = "Too much" })
        ).Status;
        while (status == HttpStatusCode.Created && ++rounds < 100);
        Assert.Equal(HttpStatusCode.Conflict, status);
        var before = await world.FingerprintAsync();
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/fund", new { credits = 100_000_000_000m, reason = "Too much" })).Expect(
            HttpStatusCode.Conflict
        );
        Assert.Equal(before, await world.FingerprintAsync());
        (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Text_that_PostgreSQL_cannot_store_is_refused_in_paths_queries_keys_and_forms()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (
            var path in (string[])
                [
                    "/v1/offers?gpuModel=%00",
                    "/v1/offers?region=a%00b",
                    "/v1/gpu-models/%01",
                    "/v1/me?a=%01",
                    "/v1/offers?programmeId=%00",
                    "/v1/requests?status=%00",
                    "/v1/accounts?kind=%00",
                    "/v1/me?x=%00",
                    "/v1/offers?limit=%00",
                ]
        )
        {
            var status = (await world.Admin.Get(path)).Status;
            Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{path}: {(int)status}");
        }

        (await world.Admin.Get("/v1/offers?gpuModel=%00")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "gpuModel");
        (await world.Admin.Post("/v1/clients/%01/rotate")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.Admin.Post("/v1/clients/%01/revoke")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        foreach (var client in (string[])["\0", "cl_\0"])
            (await new Person(world.Http, client, "gg_x", Guid.Empty).AskTokenAsync()).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed"
            );
        foreach (var client in (string[])["cl_\u0001", "\ud800", new string('x', 5_000)])
            Assert.Equal(
                "invalid_client",
                (await new Person(world.Http, client, "gg_x", Guid.Empty).AskTokenAsync())
                    .Expect(HttpStatusCode.Unauthorized)
                    .Text_("error")
            );
        foreach (var key in (string[])["", "\"\"", new string('k', 256), "k\tey"])
            (await scene.Startup.Ask(scene.Programme, 1, null, ("Idempotency-Key", key))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "Idempotency-Key"
            );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Malformed_ids_name_nothing_and_unknown_filter_values_are_refused()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (
            var id in (string[])
                ["1", "x", "0190f5d28c1e7c3a9b1d2f3e4a5b6c7", "..%2f..", "{0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d", "%01", "%ff%fe"]
        )
            (await world.Admin.Get($"/v1/organizations/{id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        foreach (
            var (name, value) in ((string, string)[])
                [
                    ("organizationId", "x"),
                    ("programmeId", "1"),
                    ("status", "open"),
                    ("limit", "0"),
                    ("limit", "101"),
                    ("limit", "-1"),
                    ("limit", "1e1"),
                    ("limit", "99999999999"),
                ]
        )
            (await world.Admin.Get($"/v1/requests?{name}={value}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", name);
    }

    [Fact]
    public async Task Malformed_or_far_away_moments_are_refused_with_their_field()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var account = (await world.Admin.Get($"/v1/accounts?ownerId={scene.Programme}"))["data"][0]!["id"]!.GetValue<string>();
        foreach (
            var query in (string[])
                [
                    "from=x",
                    "to=x",
                    "from=2026-13-01T00:00:00Z",
                    "to=99999-01-01T00:00:00Z",
                    "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                    "to=0001-01-01T00:00:00Z",
                    "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
                ]
        )
            Assert.True((int)(await world.Admin.Get($"/v1/accounts/{account}/statement?{query}")).Status is 200 or 400, query);
        foreach (
            var moment in (string[])
                [
                    "x",
                    "12",
                    "9999-99-99",
                    "2026-01-01T00:00:00+99:00",
                    "2026-01-01",
                    "2026-01-01T00:00:00",
                    "01/02/2026",
                    "2026-01-01 00:00:00Z",
                    "2026-01-01T00:00:00+9",
                    "2026-01-01T00:00:00+0900",
                    " 2026-01-01T00:00:00Z",
                    "2026-01-01T00:00:00z",
                    "2026-01-01T24:00:00Z",
                    "2026-02-30T00:00:00Z",
                ]
        )
            (await world.Admin.Get($"/v1/accounts/{account}?asOf={Uri.EscapeDataString(moment)}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "asOf"
            );
        foreach (var moment in (string[])["2026-01-01T00:00Z", "2026-01-01T00:00:00.123456Z", "2026-01-01T09:00:00%2B09:00"])
            (await world.Admin.Get($"/v1/accounts/{account}?asOf={moment}")).Expect(HttpStatusCode.OK);
        foreach (var moment in (string[])["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
            Assert.True((int)(await world.Admin.Get($"/v1/accounts/{account}?asOf={moment}")).Status is 200 or 400, moment);
    }

    [Fact]
    public async Task A_cursor_that_was_changed_or_belongs_to_another_list_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        for (var i = 0; i < 3; i++)
            await scene.Startup.Ask(scene.Programme, 1);
        var cursor = (await scene.Startup.Get("/v1/requests?limit=1")).Text_("nextCursor");
        Assert.Equal(
            2,
            (await scene.Startup.Get($"/v1/requests?limit=2&cursor={cursor}")).Expect(HttpStatusCode.OK)["data"].AsArray().Count
        );
        var flipped = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];
        foreach (var bad in (string[])[flipped, cursor[..^2], cursor + "AA", "x", "%00", new string('A', 38), new string('A', 2_000)])
            (await scene.Startup.Get($"/v1/requests?cursor={bad}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "cursor");
        (await scene.Startup.Get($"/v1/grants?cursor={cursor}")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "cursor");
        (await scene.Startup.Get($"/v1/requests?status=approved&cursor={cursor}")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "cursor"
        );
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Anything_but_json_is_an_unsupported_type(string? type)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/requests")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"gpuHours":1,"purpose":"Try"}""")),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await scene.Startup.TokenAsync());
        if (type is not null)
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        (await Person.SendAsync(world.Http, message)).ExpectProblem(
            HttpStatusCode.UnsupportedMediaType,
            "unsupported-content-type",
            "Content-Type"
        );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_body_beyond_the_limit_or_not_utf8_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        (await scene.Startup.Post("/v1/requests", $$"""{"purpose":"{{new string('a', 70_000)}}"}""")).ExpectProblem(
            HttpStatusCode.RequestEntityTooLarge,
            "body-too-large"
        );
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/requests")
        {
            Content = new ByteArrayContent([.. "{\"gpuHours\":1,\"purpose\":\""u8, 0xff, 0xfe, .. "\"}"u8]),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await scene.Startup.TokenAsync());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await Person.SendAsync(world.Http, message)).ExpectProblem(HttpStatusCode.BadRequest, "malformed");
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problem_documents_too()
    {
        await using var world = await TestWorld.StartAsync();
        (await world.Admin.Get("/v1/nothing")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.Admin.Delete("/v1/requests")).ExpectProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task Text_that_PostgreSQL_cannot_store_is_refused_in_every_body()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (var bad in (string[])["\\u0000", "\\ud800", "\\u0007"])
        {
            await Bad(world.Admin, "/v1/organizations", $$"""{"kind":"startup","name":"a{{bad}}","country":"KR"}""");
            await Bad(world.Admin, "/v1/programmes", $$"""{"name":"a{{bad}}","timeZone":"UTC"}""");
            await Bad(world.Admin, "/v1/programmes", $$"""{"name":"a","timeZone":"UTC{{bad}}"}""");
            await Bad(world.Admin, "/v1/programmes", $$"""{"name":"a","timeZone":"UTC","description":"a{{bad}}"}""");
            await Bad(world.Admin, "/v1/providers", $$"""{"name":"a{{bad}}","country":"KR"}""");
            await Bad(world.Admin, "/v1/providers", $$"""{"name":"a","country":"KR","website":"https://example.org/{{bad}}"}""");
            await Bad(world.Admin, "/v1/partners", $$"""{"name":"a{{bad}}"}""");
            await Bad(world.Admin, "/v1/gpu-models", $$"""{"id":"a{{bad}}","name":"a","gpuClass":"c","memoryGib":1,"vendor":"v"}""");
            await Bad(world.Admin, "/v1/gpu-models", $$"""{"id":"a","name":"a","gpuClass":"c","memoryGib":1,"vendor":"v{{bad}}"}""");
            await Bad(world.Admin, "/v1/quota-policies", $$"""{"name":"a{{bad}}","document":{"rules":[]} }""");
            await Bad(world.Admin, "/v1/quota-policies", $$"""{"name":"a","document":{"description":"a{{bad}}","rules":[]} }""");
            await Bad(world.Admin, $"/v1/programmes/{scene.Programme}/fund", $$"""{"credits":1,"reason":"a{{bad}}"}""");
            await Bad(world.Admin, "/v1/clients", $$"""{"name":"a{{bad}}"}""");
            await Bad(world.Admin, $"/v1/programmes/{scene.Programme}/members", $$"""{"name":"a{{bad}}"}""");
            await Bad(
                world.Admin,
                "/v1/quota-increases",
                $$"""{"policyId":"0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d","ruleId":"a{{bad}}","limit":1,"reason":"a"}"""
            );
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_policy_with_text_that_PostgreSQL_cannot_store_is_refused_by_field_wherever_it_is_sent()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene(rules: Scenes.PerMonth("10"));
        var policy = await world.ScalarAsync<Guid>("select id from quota_policies limit 1");
        var etag = (await world.Admin.Get($"/v1/quota-policies/{policy}")).ETag;
        var before = await world.FingerprintAsync();
        var rule = System.Text.Json.JsonSerializer.Serialize(Scenes.PerMonth("10"));
        foreach (var bad in (string[])["\\u0000", "\\ud800"])
        {
            foreach (
                var (field, document) in ((string, string)[])
                    [
                        ("description", $$"""{"description":"x{{bad}}","rules":[{{rule}}]}"""),
                        ("title", $$"""{"rules":[{"title":"x{{bad}}",{{rule[1..]}}]}"""),
                    ]
            )
            {
                var body = $$"""{"document":{{document}}}""";
                foreach (
                    var reply in (Reply[])
                        [
                            await world.Admin.Put($"/v1/quota-policies/{policy}/draft", body, ("If-Match", etag)),
                            await world.Admin.Post("/v1/quota-policies", $$"""{"name":"Copy","document":{{document}}}"""),
                        ]
                )
                {
                    Assert.True(
                        (int)reply.Status is 400 or 409 or 422 && reply.Text.Contains(field, StringComparison.Ordinal),
                        $"{field} {bad}: {(int)reply.Status} {reply.Text}"
                    );
                }
            }
        }

        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_cursor_that_was_touched_or_sent_twice_is_malformed()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene();
        await world.Programme(1);
        var cursor = (await world.Admin.Get("/v1/programmes?limit=1")).Text_("nextCursor");
        (await world.Admin.Get($"/v1/programmes?limit=1&cursor={cursor}")).Expect(HttpStatusCode.OK);
        foreach (
            var query in (string[])
                [
                    $"{cursor}=",
                    $"{cursor}%3D",
                    $"{cursor}%3D%3D",
                    $"%20{cursor}",
                    $"{cursor}%20",
                    $"{cursor[..^1]}%3D",
                    $"{cursor}&cursor={cursor}",
                    "",
                ]
        )
            (await world.Admin.Get($"/v1/programmes?limit=1&cursor={query}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "cursor"
            );
    }

    [Fact]
    public async Task A_programme_with_dates_beyond_a_hundred_years_is_refused()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var field in (string[])["startsAt", "endsAt"])
            (
                await world.Admin.Post("/v1/programmes", $$"""{"name":"Far","timeZone":"UTC","{{field}}":"9999-12-31T23:59:59.9999999Z"}""")
            ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", field);
        (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Past",
                    timeZone = "UTC",
                    endsAt = world.Now.AddDays(-1),
                }
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "endsAt");
        var made = (
            await world.Admin.Post(
                "/v1/programmes",
                new
                {
                    name = "Later",
                    timeZone = "UTC",
                    startsAt = world.Now.AddDays(10),
                    endsAt = world.Now.AddDays(20),
                }
            )
        ).Expect(HttpStatusCode.Created);
        var replies = await Task.WhenAll(
            world.Admin.Patch($"/v1/programmes/{made.Id}", new { startsAt = world.Now.AddDays(15) }, ("If-Match", "*")),
            world.Admin.Patch($"/v1/programmes/{made.Id}", new { endsAt = world.Now.AddDays(12) }, ("If-Match", "*"))
        );
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.BadRequest);
        (await world.Admin.Post($"/v1/programmes/{made.Id}/end")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_member_who_is_named_by_principal_is_answered_by_name()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme(1);
        var first = (await world.Admin.Post($"/v1/programmes/{programme}/members", new { name = "Jisoo" })).Expect(HttpStatusCode.Created);
        var again = (
            await world.Admin.Post(
                $"/v1/programmes/{programme}/members",
                new { principalId = first.Text_("principalId"), role = "programme-administrator" }
            )
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("Jisoo", again.Text_("name"));
    }

    private static async Task Bad(Person person, string path, string body)
    {
        var reply = await person.Post(path, body);
        Assert.True(
            reply.Status == HttpStatusCode.BadRequest && reply.Body?["errors"] is not null,
            $"{path} {body}: {(int)reply.Status} {reply.Text}"
        );
    }
}
