using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>What HTTP and JSON let callers write in odd ways.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public async Task An_idempotency_key_is_the_same_however_method_and_path_are_spelled()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var body = $$"""{"programmeId":"{{scene.Programme}}","gpuHours":1,"purpose":"Try"}""";
        var first = (await CallAsync("POST", "/v1/requests")).Expect(HttpStatusCode.Created);
        foreach (var (method, path) in new[] { ("post", "/v1/requests"), ("POST", "/V1/Requests/"), ("Post", "/v1/%72equests") })
            Assert.Equal(first.Id, (await CallAsync(method, path)).Expect(HttpStatusCode.Created).Id);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from requests"));

        async Task<Reply> CallAsync(string method, string path)
        {
            var head = await RawCall.HeadAsync(scene.Startup, path, $"Content-Length: {body.Length}", "Idempotency-Key: once");
            return await RawCall.SendAsync(world, method + head["POST".Length..] + body);
        }
    }

    [Fact]
    public async Task Discovery_names_the_public_address_whatever_the_host_header_says()
    {
        await using var world = await TestWorld.StartAsync("--Access:PublicUrl=http://gpus.example/grants/");
        using var message = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration")
        {
            Headers = { Host = "evil.example" },
        };
        var found = (await Person.SendAsync(world.Http, message)).Expect(HttpStatusCode.OK);
        Assert.Equal("http://gpus.example/grants/", found.Text_("issuer"));
        Assert.Equal("http://gpus.example/grants/oauth/token", found.Text_("token_endpoint"));
        Assert.DoesNotContain("evil.example", found.Text, StringComparison.Ordinal);
        (await world.Admin.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_no_parser_can_read_is_a_400_that_is_not_logged_as_a_failure()
    {
        using var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs);
        var head = await RawCall.HeadAsync(world.Admin, "/v1/gpu-models", "Transfer-Encoding: chunked");
        foreach (var chunk in (string[])["FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "80000000\r\n{}\r\n0\r\n\r\n", "xyz\r\n{}\r\n0\r\n\r\n"])
        {
            var reply = await RawCall.SendAsync(world, head + chunk);
            Assert.True((int)reply.Status is 400 or 413, reply.Text);
        }

        Assert.DoesNotContain(
            logs.Lines,
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("\"5\"")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("1.00000000000000000000000000001")]
    public async Task A_decimal_of_the_wrong_form_is_the_fields_error(string value)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var reply = (await scene.Startup.Post("/v1/requests", $$"""{"gpuHours":{{value}},"purpose":"Try"}""")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed",
            "gpuHours"
        );
        Assert.DoesNotContain("valid JSON", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_are_JSON_in_UTF_8_as_they_come_and_none_stands_for_an_empty_one()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var body = $$"""{"programmeId":"{{scene.Programme}}","gpuHours":1,"purpose":"Try"}""";
        foreach (
            var (type, encoding, status) in ((string, string?, int)[])
                [
                    ("application/json", "gzip", 415),
                    ("application/json", "identity", 201),
                    ("application/json; charset=utf-16", null, 415),
                    ("application/json; charset=\"UTF-8\"", null, 201),
                ]
        )
        {
            var head = await RawCall.HeadAsync(scene.Startup, "/v1/requests", [$"Content-Length: {body.Length}", .. Encoded(encoding)]);
            var reply = await RawCall.SendAsync(world, head.Replace("application/json", type, StringComparison.Ordinal) + body);
            Assert.Equal(status, (int)reply.Status);
            if (status == 415)
                Assert.Equal("unsupported-content-type", reply.Code);
        }

        // Everything may be left out when a grant is closed, and nothing of a new organization.
        var grant = (await scene.Startup.Get("/v1/grants"))["data"][0]!["id"]!.GetValue<string>();
        (await WithoutBodyAsync($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await WithoutBodyAsync("/v1/organizations")).ExpectProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-content-type");

        async Task<Reply> WithoutBodyAsync(string path)
        {
            var head = await RawCall.HeadAsync(scene.Startup, path, "Content-Length: 0");
            return await RawCall.SendAsync(world, head.Replace("Content-Type: application/json\r\n", "", StringComparison.Ordinal));
        }

        static string[] Encoded(string? encoding) => encoding is null ? [] : [$"Content-Encoding: {encoding}"];
    }

    [Fact]
    public async Task Each_path_answers_its_methods_alone_and_HEAD_wherever_it_answers_GET()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        foreach (
            var path in (string[])
                ["/v1/grants?count=true", $"/v1/offers/{scene.Offer}", "/health/live", "/health/ready", "/.well-known/jwks"]
        )
        {
            var read = (await CallAsync("HEAD", path)).Expect(HttpStatusCode.OK);
            Assert.EndsWith("\r\n\r\n", read.Text, StringComparison.Ordinal);
            (await CallAsync("GET", path)).Expect(HttpStatusCode.OK);
        }

        (await CallAsync("HEAD", "/v1/events", "Accept: text/event-stream")).Expect(HttpStatusCode.OK);
        foreach (
            var (method, path, allowed) in ((string, string, string)[])
                [
                    ("PUT", "/health/live", "GET, HEAD"),
                    ("DELETE", "/health/ready", "GET, HEAD"),
                    ("PUT", "/oauth/token", "POST"),
                    ("GET", "/oauth/token", "POST"),
                    ("POST", "/.well-known/openid-configuration", "GET, HEAD"),
                    ("PUT", "/v1/events", "GET, HEAD"),
                ]
        )
        {
            var refused = (await CallAsync(method, path)).ExpectProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(allowed, string.Join(", ", refused.Message.Content.Headers.Allow));
        }

        async Task<Reply> CallAsync(string method, string path, params string[] headers)
        {
            var head = await RawCall.HeadAsync(world.Admin, path, headers);
            return await RawCall.SendAsync(world, method + head["POST".Length..]);
        }
    }

    [Fact]
    public async Task Every_problem_has_its_trace_id_also_those_that_the_pipeline_finds()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var ended = (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end")).Expect(HttpStatusCode.OK);
        foreach (
            var reply in (Reply[])
                [
                    await world.Admin.Post($"/v1/programmes/{ended.Id}/end"),
                    await world.Admin.Get($"/v1/programmes/{Guid.NewGuid()}"),
                    await world.Holder("x").Get("/v1/me"),
                    await world.Admin.Post("/v1/programmes", "{"),
                    await world.Admin.Get("/v1/nowhere"),
                    await world.Admin.Delete("/v1/programmes"),
                ]
        )
        {
            Assert.True((int)reply.Status >= 400, reply.Text);
            Assert.Matches("^[0-9a-f]{32}$", reply.Text_("traceId"));
        }
    }

    [Fact]
    public async Task A_refusal_that_the_pipeline_renders_has_the_trace_of_its_call()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var started = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        var refused = await world.CallAsync(
            $"/v1/sign-ups/{started.Id}/confirm",
            new { code = code == "00000000" ? "00000001" : "00000000" },
            ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01")
        );
        refused.ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        Assert.Equal(Trace, refused.Text_("traceId"));
    }

    [Fact]
    public async Task If_Match_takes_a_list_and_If_None_Match_spares_the_body()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        string[] paths =
        [
            $"/v1/programmes/{scene.Programme}",
            $"/v1/organizations/{scene.Organization}",
            $"/v1/offers/{scene.Offer}",
            $"/v1/providers/{scene.Provider}",
            "/v1/gpu-models/h100",
        ];
        foreach (var path in paths)
        {
            var read = (await world.Admin.Get(path)).Expect(HttpStatusCode.OK);
            foreach (var tags in (string[])[read.ETag, $"\"x\", {read.ETag}", $"W/{read.ETag}", "*"])
            {
                var spared = (await world.Admin.Get(path, ("If-None-Match", tags))).Expect(HttpStatusCode.NotModified);
                Assert.Equal((read.ETag, ""), (spared.ETag, spared.Text));
            }

            (await world.Admin.Get(path, ("If-None-Match", "\"999\""))).Expect(HttpStatusCode.OK);
        }

        var offer = await world.Admin.Get(paths[2]);
        (await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created);
        // The offer's own version is the same, and yet it has less left.
        (await world.Admin.Get(paths[2], ("If-None-Match", offer.ETag))).Expect(HttpStatusCode.OK);
        var organization = await world.Admin.Get(paths[1]);
        (await Rename($"\"77\", {organization.ETag}")).Expect(HttpStatusCode.OK);
        (await Rename($"\"77\", {organization.ETag}")).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");
        (await Rename($"W/{organization.ETag}")).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");

        Task<Reply> Rename(string tags) => world.Admin.Patch(paths[1], new { name = "Renamed" }, ("If-Match", tags));
    }
}
