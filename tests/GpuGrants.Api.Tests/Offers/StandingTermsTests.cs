using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Within standing terms a programme accepts a provider's offers in advance.</summary>
public sealed class StandingTermsTests
{
    [Fact]
    public async Task An_offer_within_standing_terms_opens_at_once_and_counts_against_their_capacity()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        var terms = await MakeAsync(world, scene);
        var offer = (await Propose(scene)).Expect(HttpStatusCode.Created);
        Assert.Equal(("open", terms.Id.ToString()), (offer.Text_("status"), offer.Text_("standingTermsId")));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 10 })).Text_("status"));
        var read = await scene.Operator.Get($"/v1/standing-terms/{terms.Id}");
        Assert.Equal((60m, 2), (read.Number("takenGpuHours"), (int)read.Number("version")));
        // 40 GPU-hours are left under the terms.
        Assert.Equal("proposed", (await Propose(scene)).Text_("status"));
        Assert.Equal("open", (await Propose(scene, """{"capacityGpuHours":30}""")).Text_("status"));
        var more = (await scene.Operator.Post($"/v1/offers/{offer.Id}/add-capacity", new { gpuHours = 10 })).Expect(HttpStatusCode.OK);
        Assert.Null(more.Body!["pending"]);
        more = (await scene.Operator.Post($"/v1/offers/{offer.Id}/add-capacity", new { gpuHours = 1 })).Expect(HttpStatusCode.OK);
        Assert.Equal(1, more["pending"]["moreGpuHours"]!.GetValue<decimal>());
    }

    [Fact]
    public async Task An_offer_beyond_standing_terms_waits()
    {
        string[] beyond =
        [
            """{"rate":2.001}""",
            """{"region":"us-west"}""",
            """{"gpuModel":"t4"}""",
            """{"capacityGpuHours":100.01}""",
            """{"endsAt":"2999-01-01T00:00:00Z"}""",
            """{"endsAt":null}""",
            """{"startsAt":"2001-01-01T00:00:00Z"}""",
        ];
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        await world.GpuModel("t4", 16);
        await MakeAsync(world, scene);
        Assert.Equal("open", (await Propose(scene, """{"capacityGpuHours":1}""")).Text_("status"));
        foreach (var one in beyond)
            Assert.Equal((one, "proposed"), (one, (await Propose(scene, one)).Expect(HttpStatusCode.Created).Text_("status")));
        var (provider, other) = await world.Provider("Another Cloud");
        var another = await Propose(scene with { Provider = provider, Operator = other });
        Assert.Equal("proposed", another.Expect(HttpStatusCode.Created).Text_("status"));
    }

    [Fact]
    public async Task Changes_within_the_terms_hold_at_once_and_those_beyond_wait()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        await MakeAsync(world, scene);
        var path = $"/v1/offers/{(await Propose(scene, """{"rate":1}""")).Expect(HttpStatusCode.Created).Id}";
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await scene.Operator.Post($"{path}/rates", new { rate = 2 })).Expect(HttpStatusCode.OK).Body!["pending"]);
        Assert.NotNull((await scene.Operator.Post($"{path}/rates", new { rate = 2.5 })).Expect(HttpStatusCode.OK).Body!["pending"]);
        Assert.Null((await End(30))["pending"]["endsAt"]);
        var late = await End(31);
        Assert.NotNull(late["pending"]["endsAt"]);
        // What people accept beyond the terms is theirs from then on.
        var accepted = (await world.Admin.Post($"{path}/accept", null, ("If-Match", late.ETag))).Expect(HttpStatusCode.OK);
        Assert.Null(accepted.Body!["standingTermsId"]);

        async Task<Reply> End(int days) =>
            (
                await scene.Operator.Patch(
                    path,
                    new { endsAt = world.Now.Date.AddDays(days).ToString("yyyy-MM-dd'T'00:00:00'Z'", null) },
                    ("If-Match", (await scene.Operator.Get(path)).ETag)
                )
            ).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ended_terms_accept_nothing_more_and_what_they_accepted_serves_on()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        var terms = await MakeAsync(world, scene);
        var offer = (await Propose(scene)).Expect(HttpStatusCode.Created);
        var path = $"/v1/standing-terms/{terms.Id}/end";
        (await world.Admin.Post(path)).ExpectProblem((HttpStatusCode)428, "precondition-required", "If-Match");
        (await world.Admin.Post(path, null, ("If-Match", terms.ETag))).ExpectProblem(HttpStatusCode.PreconditionFailed, "stale");
        var ended = (await world.Admin.Post(path, null, ("If-Match", "\"2\""))).Expect(HttpStatusCode.OK);
        Assert.Equal("ended", ended.Text_("status"));
        Assert.NotNull(ended.Body!["endedBy"]);
        (await world.Admin.Post(path, null, ("If-Match", ended.ETag))).ExpectProblem(HttpStatusCode.Conflict, "standing-terms-ended");
        Assert.Equal("proposed", (await Propose(scene, """{"capacityGpuHours":1}""")).Text_("status"));
        Assert.NotNull(
            (await scene.Operator.Post($"/v1/offers/{offer.Id}/add-capacity", new { gpuHours = 1 })).Expect(HttpStatusCode.OK).Body![
                "pending"
            ]
        );
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10, new { durationDays = 10 })).Text_("status"));
        var listed = await scene.Operator.Get($"/v1/programmes/{scene.Programme}/standing-terms?status=ended");
        Assert.Equal(terms.Id.ToString(), listed["data"].AsArray().Single()!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Whoever_made_the_terms_opens_no_offer_by_them()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 0);
        await MakeAsync(world, scene);
        Assert.Equal("proposed", (await Propose(scene with { Operator = world.Admin })).Text_("status"));
    }

    [Fact]
    public async Task Bad_terms_are_told_the_field_and_change_nothing()
    {
        (string Field, string Bad)[] refused =
        [
            ("providerId", """{"providerId":null}"""),
            ("providerId", """{"providerId":"0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d"}"""),
            ("gpuModel", """{"gpuModel":"no-such"}"""),
            ("regions", """{"regions":["KR Central"]}"""),
            ("regions", """{"regions":["kr","kr"]}"""),
            ("maxRate", """{"maxRate":-1}"""),
            ("maxRate", """{"maxRate":null}"""),
            ("capacityGpuHours", """{"capacityGpuHours":0}"""),
            ("endsAt", """{"endsAt":"2001-01-01T00:00:00Z"}"""),
        ];
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var before = await world.FingerprintAsync();
        foreach (var (field, bad) in refused)
            (await world.Admin.Post($"/v1/programmes/{scene.Programme}/standing-terms", With(Terms(world, scene), bad))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                field
            );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    private static async Task<Reply> MakeAsync(TestWorld world, Scene scene) =>
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/standing-terms", Terms(world, scene))).Expect(HttpStatusCode.Created);

    private static JsonObject Terms(TestWorld world, Scene scene) =>
        Json(
            new
            {
                providerId = scene.Provider,
                gpuModel = "h100",
                regions = (string[])["kr-central", "kr-south"],
                maxRate = 2,
                capacityGpuHours = 100,
                endsAt = world.Now.Date.AddDays(30).ToString("yyyy-MM-dd'T'00:00:00'Z'", null),
            }
        );

    /// <summary>An offer that lies within the terms, but for what is stated.</summary>
    private static Task<Reply> Propose(Scene scene, string but = "{}") =>
        scene.Operator.Post(
            "/v1/offers",
            With(
                Json(
                    new
                    {
                        programmeId = scene.Programme,
                        providerId = scene.Provider,
                        gpuModel = "h100",
                        region = "kr-central",
                        capacityGpuHours = 60,
                        rate = 2,
                        endsAt = GpuGrants
                            .Api.Tests.Fire.Engine.TestMoment.Start.Date.AddDays(20)
                            .ToString("yyyy-MM-dd'T'00:00:00'Z'", null),
                    }
                ),
                but
            )
        );

    private static JsonObject With(JsonObject body, string changes)
    {
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
            body[name] = value?.DeepClone();
        return body;
    }

    private static JsonObject Json(object body) => JsonSerializer.SerializeToNode(body)!.AsObject();
}
