using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Http;

/// <summary>PostgreSQL stores neither NUL nor half a surrogate pair: whoever sends one is told so, wherever it stands.</summary>
public sealed class UnstorableTextTests
{
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
    public async Task Text_that_PostgreSQL_cannot_store_is_refused_in_every_body()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (var bad in (string[])["\\u0000", "\\ud800", "\\u0007"])
        {
            await world.Admin.PostBad("/v1/organizations", $$"""{"kind":"startup","name":"a{{bad}}","country":"KR"}""");
            await world.Admin.PostBad("/v1/programmes", $$"""{"name":"a{{bad}}","timeZone":"UTC"}""");
            await world.Admin.PostBad("/v1/programmes", $$"""{"name":"a","timeZone":"UTC{{bad}}"}""");
            await world.Admin.PostBad("/v1/programmes", $$"""{"name":"a","timeZone":"UTC","description":"a{{bad}}"}""");
            await world.Admin.PostBad("/v1/providers", $$"""{"name":"a{{bad}}","country":"KR"}""");
            await world.Admin.PostBad("/v1/providers", $$"""{"name":"a","country":"KR","website":"https://example.org/{{bad}}"}""");
            await world.Admin.PostBad("/v1/partners", $$"""{"name":"a{{bad}}"}""");
            await world.Admin.PostBad("/v1/gpu-models", $$"""{"id":"a{{bad}}","name":"a","gpuClass":"c","memoryGib":1,"vendor":"v"}""");
            await world.Admin.PostBad("/v1/gpu-models", $$"""{"id":"a","name":"a","gpuClass":"c","memoryGib":1,"vendor":"v{{bad}}"}""");
            await world.Admin.PostBad("/v1/quota-policies", $$"""{"name":"a{{bad}}","document":{"rules":[]} }""");
            await world.Admin.PostBad("/v1/quota-policies", $$"""{"name":"a","document":{"description":"a{{bad}}","rules":[]} }""");
            await world.Admin.PostBad($"/v1/programmes/{scene.Programme}/fund", $$"""{"credits":1,"reason":"a{{bad}}"}""");
            await world.Admin.PostBad("/v1/clients", $$"""{"name":"a{{bad}}"}""");
            await world.Admin.PostBad($"/v1/programmes/{scene.Programme}/members", $$"""{"name":"a{{bad}}"}""");
            await world.Admin.PostBad(
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
        var policy = await world.PolicyId();
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
}
