using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Usage;
using Npgsql;

namespace GpuGrants.Api.Tests;

/// <summary>Usage that providers report: judged record by record, charged once.</summary>
[Trait("Part", "Quick")]
public sealed class UsageTests
{
    [Fact]
    public async Task One_call_with_one_key_charges_grants_of_two_trees_and_charges_none_of_them_again()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var other = await world.Programme(credits: 100);
        await scene.Operator.Offer(other, scene.Provider);
        var grants = new List<Guid>();
        foreach (var programme in (Guid[])[scene.Programme, other])
            grants.Add(Guid.Parse((await scene.Startup.Ask(programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId")));
        world.Clock.Advance(TimeSpan.FromMinutes(50));
        var records = grants
            .Select(
                (grant, i) =>
                    new
                    {
                        id = Guid.CreateVersion7(world.Now),
                        grantId = grant,
                        gpus = 0.5m * (i + 1),
                        startedAt = world.Now.AddMinutes(-40),
                        endedAt = world.Now.AddMinutes(-16),
                    }
            )
            .ToArray();
        for (var send = 0; send < 2; send++)
        {
            var results = (await scene.Operator.Post("/v1/usage-records", new { records }, ("Idempotency-Key", "one")))
                .Expect(HttpStatusCode.OK)["results"]
                .AsArray();
            Assert.Equal(
                records.Select(one => (one.id.ToString(), "recorded")),
                results.Select(one => (one!["id"]!.GetValue<string>(), one["status"]!.GetValue<string>()))
            );
            foreach (var record in records)
                Assert.Equal(
                    record.gpus * 0.4m,
                    (await scene.Startup.Get($"/v1/grants/{record.grantId}")).Expect(HttpStatusCode.OK)["usedGpuHours"]!.GetValue<decimal>()
                );
        }
    }

    [Fact]
    public async Task A_repetition_is_answered_as_before_also_when_the_programme_that_was_picked_has_ended()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var body = new { gpuHours = 1, purpose = "Try" };
        var first = (await scene.Startup.Post("/v1/requests", body, ("Idempotency-Key", "picked"))).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end", new { })).Expect(HttpStatusCode.OK);
        var again = (await scene.Startup.Post("/v1/requests", body, ("Idempotency-Key", "picked"))).Expect(HttpStatusCode.Created);
        Assert.Equal(first.Text, again.Text);
    }

    [Fact]
    public async Task Each_record_of_a_report_is_judged_on_its_own()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var good = Record(grant, world.Now.AddMinutes(-40), 10);
        var same = good["id"]!.GetValue<string>();
        var reply = await scene.Operator.Post(
            "/v1/usage-records",
            new JsonObject
            {
                ["records"] = new JsonArray(
                    good,
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "gpus", 0),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "endedAt", world.Now.AddMinutes(-31)),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "grantId", Guid.CreateVersion7()),
                    good.DeepClone(),
                    Changed(Record(grant, world.Now.AddMinutes(-20), 1), "id", same),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "gpus", 65),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "gpus", "two"),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "unknown", 1),
                    Changed(Record(grant, world.Now.AddMinutes(-30), 1), "gpus", 0.0001m),
                    null,
                    new JsonObject(),
                    Record(grant, world.Now.AddMinutes(-10), 5)
                ),
            }
        );
        Assert.Equal(
            [
                "recorded",
                "refused invalid-record gpus",
                "refused usage-not-in-order endedAt",
                "refused grant-not-found grantId",
                "repeated",
                "refused usage-id-reused startedAt",
                "refused usage-exceeds-gpus gpus",
                "refused invalid-record gpus",
                "refused invalid-record unknown",
                "refused invalid-record gpus",
                "refused invalid-record $",
                "refused invalid-record id",
                "recorded",
            ],
            Outcomes(reply)
        );
        Assert.Equal(same, reply["results"][4]!["id"]!.GetValue<string>());
        var (_, other) = await world.Provider("Another Cloud");
        var anothers = new JsonObject { ["records"] = new JsonArray(Record(grant, world.Now.AddMinutes(-25), 1)) };
        Assert.Equal(["refused grant-not-found grantId"], Outcomes(await other.Post("/v1/usage-records", anothers)));
        Assert.Equal(900, await UsedAsync(scene.Startup, grant));
        Assert.Equal(2, (await scene.Startup.Get($"/v1/grants/{grant}/usage-records"))["data"].AsArray().Count);
    }

    [Fact]
    public async Task Records_come_line_by_line_too_and_a_broken_line_spoils_no_other()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var lines =
            $"{Record(grant, world.Now.AddMinutes(-40), 10).ToJsonString()}\r\n\n{{\"id\":\n"
            + $"{Record(grant, world.Now.AddMinutes(-20), 10).ToJsonString()}";
        var reply = await SendAsync(world, scene.Operator, lines, "application/x-ndjson");
        Assert.Equal(["recorded", "refused invalid-record $", "recorded"], Outcomes(reply));
        Assert.Equal(1_200, await UsedAsync(scene.Startup, grant));
    }

    [Fact]
    public async Task Records_come_as_cloud_events_too_and_an_odd_event_spoils_no_other()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var good = Event(grant, world.Now.AddMinutes(-40));
        var events = new JsonArray(
            good,
            Changed(Event(grant, world.Now.AddMinutes(-30)), "specversion", "0.3"),
            Changed(Event(grant, world.Now.AddMinutes(-30)), "type", "com.example.other"),
            Changed(Event(grant, world.Now.AddMinutes(-30)), "data", 1),
            good.DeepClone(),
            Event(grant, world.Now.AddMinutes(-20))
        );
        var reply = await SendAsync(world, scene.Operator, events.ToJsonString(), "application/cloudevents-batch+json");
        Assert.Equal(
            [
                "recorded",
                "refused invalid-record specversion",
                "refused invalid-record type",
                "refused invalid-record data",
                "repeated",
                "recorded",
            ],
            Outcomes(reply)
        );
        Assert.Equal(1_200, await UsedAsync(scene.Startup, grant));
    }

    private static JsonObject Event(Guid grant, DateTimeOffset start)
    {
        return AsEvent(Record(grant, start, 10));
    }

    private static JsonObject AsEvent(JsonObject record)
    {
        var data = record.DeepClone().AsObject();
        var id = data["id"]!.GetValue<string>();
        data.Remove("id");
        return new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = id,
            ["source"] = "/clusters/seoul-1",
            ["type"] = "gpugrants.usage",
            ["time"] = "2026-01-01T00:00:00Z",
            ["sequence"] = 7,
            ["data"] = data,
        };
    }

    private static async Task<Reply> SendAsync(TestWorld world, Person by, string body, string type)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/usage-records")
        {
            Content = new StringContent(body, Encoding.UTF8, type),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await by.TokenAsync());
        return await Person.SendAsync(world.Http, message);
    }

    [Fact]
    public async Task A_report_has_one_to_ten_thousand_records()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var before = await world.FingerprintAsync();
        (await ReportAsync(scene.Operator)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "records");
        var many = Enumerable.Range(0, 10_001).Select(i => Slice(grant, world.Now.AddMinutes(-40), i)).ToArray();
        (await ReportAsync(scene.Operator, many)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "records");
        Assert.Equal(before, await world.FingerprintAsync());
        var reply = await ReportAsync(scene.Operator, many[1..]);
        Assert.All(Outcomes(reply), outcome => Assert.Equal("recorded", outcome));
        Assert.Equal(100, await UsedAsync(scene.Startup, grant));
        // The same ten thousand again as lines and as events: all are read, and each is known.
        var lines = string.Join('\n', many.Select(one => one.ToJsonString()));
        (await SendAsync(world, scene.Operator, lines, "application/x-ndjson")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "records"
        );
        reply = await SendAsync(
            world,
            scene.Operator,
            lines[(lines.IndexOf('\n', StringComparison.Ordinal) + 1)..],
            "application/x-ndjson"
        );
        Assert.Equal(10_000, Outcomes(reply).Count(outcome => outcome == "repeated"));
        var events = new JsonArray([.. many.Select(AsEvent)]);
        const string Batch = "application/cloudevents-batch+json";
        (await SendAsync(world, scene.Operator, events.ToJsonString(), Batch)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "records"
        );
        events.RemoveAt(0);
        Assert.Equal(
            10_000,
            Outcomes(await SendAsync(world, scene.Operator, events.ToJsonString(), Batch)).Count(one => one == "repeated")
        );
        // A list counts up to ten thousand items, however many there are.
        Assert.Equal("recorded", Outcomes(await ReportAsync(scene.Operator, many[..1])).Single());
        var page = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records?count=true&limit=1")).Expect(HttpStatusCode.OK);
        Assert.Equal(10_000, page.Number("count"));
    }

    [Fact]
    public async Task The_same_time_is_charged_once_whatever_the_ids()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 2);
        var start = world.Now.AddMinutes(-40);
        Assert.Equal(["recorded"], Outcomes(await ReportAsync(scene.Operator, Record(grant, start, 10, gpus: 1.5m))));
        // Half a GPU is free, in this report and in one of its own.
        var reply = await ReportAsync(
            scene.Operator,
            Record(grant, start.AddMinutes(-5), 10, gpus: 0.501m),
            Record(grant, start, 10, gpus: 0.25m),
            Record(grant, start.AddMinutes(9), 1, gpus: 0.25m),
            Record(grant, start, 1, gpus: 0.251m)
        );
        Assert.Equal(["refused usage-exceeds-gpus gpus", "recorded", "recorded", "refused usage-exceeds-gpus gpus"], Outcomes(reply));
        Assert.Equal(900 + 150 + 15, await UsedAsync(scene.Startup, grant));
    }

    [Fact]
    public async Task A_hundred_slices_of_ten_milliseconds_charge_one_second_in_whatever_reports()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        foreach (var report in Enumerable.Range(0, 100).Chunk(30))
            await ReportAsync(scene.Operator, [.. report.Select(i => Slice(grant, world.Now.AddMinutes(-40), i))]);
        Assert.Equal(1, await UsedAsync(scene.Startup, grant));
        Assert.Equal(1, await world.Balance(scene.Provider, "delivered", "gpu:h100"));
    }

    [Fact]
    public async Task An_id_is_used_once_per_provider_and_tree()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var other = Guid.Parse((await scene.Startup.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created).Text_("grantId"));
        await world.PassAsync(TimeSpan.FromMinutes(50), scene.Startup, scene.Operator);
        var first = Record(grant, world.Now.AddMinutes(-40), 10);
        var second = Changed(Record(other, world.Now.AddMinutes(-40), 10), "id", first["id"]!.GetValue<string>());
        Assert.Equal(["recorded", "refused usage-id-reused grantId"], Outcomes(await ReportAsync(scene.Operator, first, second)));
    }

    [Fact]
    public async Task Time_that_has_not_passed_is_never_charged()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var early = Record(grant, world.Now.AddMinutes(-1), 5);
        var reply = await ReportAsync(
            scene.Operator,
            early,
            Record(grant, world.Now.AddMinutes(1), 2),
            Record(grant, world.Now.AddMinutes(-1), 7)
        );
        Assert.Equal(["recorded", "refused usage-in-future endedAt", "refused usage-in-future endedAt"], Outcomes(reply));
        Assert.Equal(60, reply["results"][0]!["gpuSeconds"]!.GetValue<long>());
        // What it stated is what makes it the same record.
        Assert.Equal(["repeated"], Outcomes(await ReportAsync(scene.Operator, early)));
    }

    [Fact]
    public async Task Clocks_may_be_five_minutes_off_at_the_grants_start_and_end()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        var start = (await scene.Startup.Get($"/v1/grants/{grant}"))["startsAt"].GetValue<DateTimeOffset>();
        var early = await ReportAsync(scene.Operator, Record(grant, start.AddMinutes(-5), 10), Record(grant, start.AddMinutes(-5.1), 20));
        Assert.Equal(["recorded", "refused usage-before-grant startedAt"], Outcomes(early));
        Assert.Equal(300, early["results"][0]!["gpuSeconds"]!.GetValue<long>());
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        var end = world.Now;
        await world.PassAsync(TimeSpan.FromMinutes(30), scene.Startup, scene.Operator);
        var late = await ReportAsync(
            scene.Operator,
            Record(grant, end.AddMinutes(-1), 6),
            Record(grant, end.AddMinutes(-3), 8.1),
            Record(grant, end, 5)
        );
        Assert.Equal(["recorded", "refused usage-after-grant endedAt", "refused usage-after-grant endedAt"], Outcomes(late));
        Assert.Equal(60, late["results"][0]!["gpuSeconds"]!.GetValue<long>());
        var read = (await scene.Startup.Get($"/v1/grants/{grant}/usage-records?sort=created")).Expect(HttpStatusCode.OK)["data"];
        Assert.Equal((start, end), (read[0]!["startedAt"]!.GetValue<DateTimeOffset>(), read[1]!["endedAt"]!.GetValue<DateTimeOffset>()));
    }

    [Fact]
    public async Task What_one_tree_recorded_stays_in_the_answer_when_another_refuses_all()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, first) = await GrantAsync(world, gpus: 1);
        var grants = new List<Guid> { first };
        for (var i = 0; i < 2; i++)
        {
            var programme = await world.Programme(credits: 100);
            await scene.Operator.Offer(programme, scene.Provider);
            grants.Add(Guid.Parse((await scene.Startup.Ask(programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId")));
        }

        await world.PassAsync(TimeSpan.FromMinutes(50), scene.Startup, scene.Operator);
        (await scene.Startup.Post($"/v1/grants/{grants[1]}/close")).Expect(HttpStatusCode.OK);
        (await scene.Operator.Post($"/v1/grants/{grants[1]}/settle")).Expect(HttpStatusCode.OK);
        var records = grants.ConvertAll(grant => Record(grant, world.Now.AddMinutes(-40), 10));
        string[] expected = ["recorded", "refused grant-not-active grantId", "recorded"];
        Assert.Equal(expected, Outcomes(await ReportAsync(scene.Operator, [.. records])));
        Assert.Equal(
            ["repeated", "refused grant-not-active grantId", "repeated"],
            Outcomes(await ReportAsync(scene.Operator, [.. records]))
        );
        Assert.Equal((600L, 0L), (await UsedAsync(scene.Startup, grants[2]), await UsedAsync(scene.Startup, grants[1])));
    }

    [Fact]
    public async Task Verify_finds_a_record_that_was_charged_beside_the_rules()
    {
        await using var world = await TestWorld.StartAsync();
        var (scene, grant) = await GrantAsync(world, gpus: 1);
        await ReportAsync(scene.Operator, Record(grant, world.Now.AddMinutes(-40), 10));
        Assert.Empty(await VerifyAsync(world));
        await world.ScalarAsync<long>(
            "with added as (insert into usage_records (root_programme_id, grant_id, id, gpu_seconds, credits, started_at, ended_at, "
                + "reported_by, client_id, created_at, updated_at, provider_id, milli_gpus) select root_programme_id, grant_id, gen_random_uuid(), "
                + "0, 0, started_at, ended_at, reported_by, client_id, created_at, updated_at, provider_id, 1 from usage_records returning 1) "
                + "select count(*) from added"
        );
        Assert.Contains("more GPUs at one moment", Assert.Single(await VerifyAsync(world)), StringComparison.Ordinal);
    }

    private static async Task<string[]> VerifyAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return [.. (await UsageVerifier.VerifyAsync(connection)).Select(finding => finding.Message)];
    }

    private static async Task<(Scene Scene, Guid Grant)> GrantAsync(TestWorld world, int gpus, decimal hours = 10)
    {
        var scene = await world.Scene();
        var asked = await scene.Startup.Post(
            "/v1/requests",
            new
            {
                programmeId = scene.Programme,
                gpuHours = hours,
                gpus,
                purpose = "Try",
            }
        );
        await world.PassAsync(scene, hours: 1);
        return (scene, Guid.Parse(asked.Expect(HttpStatusCode.Created).Text_("grantId")));
    }

    private static JsonObject Record(Guid grant, DateTimeOffset start, double minutes, decimal gpus = 1) =>
        JsonSerializer
            .SerializeToNode(
                new
                {
                    id = Guid.NewGuid(),
                    grantId = grant,
                    gpus,
                    startedAt = start,
                    endedAt = start.AddMinutes(minutes),
                }
            )!
            .AsObject();

    /// <summary>The number-th ten milliseconds.</summary>
    private static JsonObject Slice(Guid grant, DateTimeOffset start, int number) =>
        Changed(Record(grant, start.AddMilliseconds(10 * number), 1), "endedAt", start.AddMilliseconds((10 * number) + 10));

    private static JsonObject Changed(JsonObject record, string member, object value)
    {
        record[member] = JsonSerializer.SerializeToNode(value);
        return record;
    }

    private static Task<Reply> ReportAsync(Person by, params JsonNode[] records) =>
        by.Post("/v1/usage-records", new JsonObject { ["records"] = new JsonArray([.. records.Select(one => one.DeepClone())]) });

    private static string[] Outcomes(Reply reply) =>
        [.. reply.Expect(HttpStatusCode.OK)["results"].AsArray().Select(one => $"{one!["status"]} {one["code"]} {one["field"]}".TrimEnd())];

    private static async Task<long> UsedAsync(Person by, Guid grant) =>
        (await by.Get($"/v1/grants/{grant}")).Expect(HttpStatusCode.OK)["usedGpuSeconds"]!.GetValue<long>();
}
