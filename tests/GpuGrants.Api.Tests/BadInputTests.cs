using System.Net;
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
                _ => await by.Patch(path, body, Person.AnyVersion),
            };
            var fields = reply.Body?["errors"]?.AsObject().Select(pair => pair.Key).ToList() ?? [];
            if (reply.Status != HttpStatusCode.BadRequest || !fields.Exists(one => one.StartsWith(field, StringComparison.Ordinal)))
                wrong.Add($"{method} {path} {body[..Math.Min(160, body.Length)]}\n  should name {field}: {(int)reply.Status} {reply.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await world.FingerprintAsync());
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
            world.Admin.Patch($"/v1/programmes/{made.Id}", new { startsAt = world.Now.AddDays(15) }, Person.AnyVersion),
            world.Admin.Patch($"/v1/programmes/{made.Id}", new { endsAt = world.Now.AddDays(12) }, Person.AnyVersion)
        );
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.BadRequest);
        (await world.Admin.Post($"/v1/programmes/{made.Id}/end")).Expect(HttpStatusCode.OK);
    }
}
