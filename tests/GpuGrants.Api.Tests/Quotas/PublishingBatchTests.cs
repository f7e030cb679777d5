using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>
/// A rule of the platform begins to count in a batch that also decides. Whatever the batch records, the counters have it.
/// </summary>
public sealed class PublishingBatchTests
{
    private static readonly string[] Levels =
    [
        "platform",
        "programme",
        "organization-kind",
        "organization",
        "project",
        "member",
        "person",
        "partner",
    ];

    private static readonly (string Measure, object Limit)[] Measures =
    [
        ("gpu-hours-granted", new { gpuHours = 100_000 }),
        ("gpu-hours-used", new { gpuHours = 100_000 }),
        ("credits-granted", new { credits = 100_000 }),
        ("active-grants", new { count = 1_000 }),
        ("grants-awarded", new { count = 1_000 }),
        ("concurrent-gpus", new { count = 1_000 }),
        ("open-requests", new { count = 1_000 }),
        ("requests-made", new { count = 1_000 }),
    ];

    /// <summary>What the publishing batch also decides: between them they record every kind of fact.</summary>
    public static TheoryData<string> Acts =>
        [
            "approves",
            "denies",
            "refers",
            "is asked again",
            "withdraws",
            "approves by a person",
            "denies by a person",
            "denies a later end by a person",
            "tops up",
            "takes GPUs back",
            "hands on",
            "charges use",
            "corrects use",
            "closes",
        ];

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Rules_of_every_level_count_what_the_batch_that_publishes_them_also_does(string act)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.PerRequest("50"));
        var project = await scene.Project("Speech");
        var acting = await PrepareAsync(world, scene, act, project);
        var made = (await world.Admin.Post("/v1/quota-policies", new { name = "Of all", document = new { rules = EveryRule() } })).Expect(
            HttpStatusCode.Created
        );
        Task<Reply> PublishAsync() => world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag));

        var (acted, published) = await world.InOneBatchAsync(acting, PublishAsync);
        published.Expect(HttpStatusCode.OK);
        Assert.True(acted.Status is HttpStatusCode.OK or HttpStatusCode.Created, acted.Text);
        Assert.Empty(await FindingsAsync(world));
        // The next decision counts on, by whatever the counters say.
        (await scene.Startup.Ask(scene.Programme, 1, new { projectId = project })).Expect(HttpStatusCode.Created);
        Assert.Empty(await FindingsAsync(world));
        Assert.Equal(
            (long)Levels.Length * Measures.Length,
            await world.ScalarAsync<long>("select count(*) from quota_signatures where root_programme_id = $1", Guid.Empty)
        );
    }

    [Fact]
    public async Task A_limit_on_requests_counts_one_that_was_denied_in_the_batch_that_published_the_limit()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var made = (
            await world.Admin.Post(
                "/v1/quota-policies",
                new { name = "Two a day", document = new { rules = new[] { Scenes.RequestsPerDay(2) } } }
            )
        ).Expect(HttpStatusCode.Created);
        var (published, denied) = await world.InOneBatchAsync(
            () => world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag)),
            () => scene.Startup.Ask(scene.Programme, 5_000)
        );
        published.Expect(HttpStatusCode.OK);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Empty(await FindingsAsync(world));
    }

    /// <summary>Brings the scene so far that one call is left, which the batch decides.</summary>
    private static async Task<Func<Task<Reply>>> PrepareAsync(TestWorld world, Scene scene, string act, Guid project)
    {
        var more = new { projectId = project };
        Task<Reply> Ask(decimal hours) => scene.Startup.Ask(scene.Programme, hours, more);
        switch (act)
        {
            case "approves":
                return () => Ask(5);
            case "denies":
                return () => Ask(5_000);
            case "refers":
                return () => Ask(60);
            case "is asked again":
            case "withdraws":
            case "approves by a person":
            case "denies by a person":
                var waits = (await Ask(60)).Expect(HttpStatusCode.Created);
                Assert.Equal("in-review", waits.Text_("status"));
                var reviewer = await world.Reviewer(scene.Programme);
                var path = $"/v1/requests/{waits.Id}";
                return act switch
                {
                    "is asked again" => () => scene.Startup.Post($"{path}/amend", new { gpuHours = 70 }, Person.AnyVersion),
                    "withdraws" => () => scene.Startup.Post($"{path}/withdraw", null, Person.AnyVersion),
                    "approves by a person" => () => reviewer.Post($"{path}/approve", null, Person.AnyVersion),
                    _ => () => reviewer.Post($"{path}/deny", new { reason = "Not this time" }, Person.AnyVersion),
                };
        }

        if (act == "denies a later end by a person")
            return await LaterEndAsync(world, scene);
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 40, new { projectId = project, gpus = 4 })).Text_("grantId"));
        await world.PassAsync(scene, hours: 6);
        switch (act)
        {
            case "tops up":
                return () => scene.Startup.Post($"/v1/grants/{grant}/top-up", new { gpuHours = 5 });
            case "takes GPUs back":
                return () => scene.Startup.Post($"/v1/grants/{grant}/shrink", new { gpus = 2 });
            case "hands on":
                var other = await scene.Project("Vision");
                return () => scene.Startup.Post($"/v1/grants/{grant}/transfer", new { projectId = other });
            case "closes":
                return () => scene.Startup.Post($"/v1/grants/{grant}/close", null, Person.AnyVersion);
        }

        var record = UseOf(world, grant, hours: 4);
        if (act == "charges use")
            return () => scene.Operator.Post("/v1/usage-records", new { records = new[] { record } });
        (await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } })).Expect(HttpStatusCode.OK);
        var id = record["id"]!.GetValue<Guid>();
        return () => scene.Operator.Post($"/v1/grants/{grant}/usage-records/{id}/void", new { reason = "Not used" }, Person.AnyVersion);
    }

    /// <summary>A later end of a grant without dates moves nothing, so its end leaves no transfer.</summary>
    private static async Task<Func<Task<Reply>>> LaterEndAsync(TestWorld world, Scene scene)
    {
        var programme = await world.Programme(1_000);
        await scene.Operator.ApprovingOffer(programme, scene.Provider);
        var asked = (await scene.Startup.Ask(programme, 10, new { durationDays = 3 })).Expect(HttpStatusCode.Created);
        var given = (await scene.Operator.Post($"/v1/requests/{asked.Id}/approve", null, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var later = (
            await scene.Startup.Post($"/v1/grants/{given.Text_("grantId")}/extend", new { expiresAt = world.Now.AddDays(9) })
        ).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", later.Text_("status"));
        return () => scene.Operator.Post($"/v1/requests/{later.Id}/deny", new { reason = "Not this time" }, Person.AnyVersion);
    }

    private static JsonObject UseOf(TestWorld world, Guid grant, double hours) =>
        new()
        {
            ["id"] = Guid.NewGuid(),
            ["grantId"] = grant,
            ["gpus"] = 1,
            ["startedAt"] = world.Now.AddHours(-1 - hours),
            ["endedAt"] = world.Now.AddHours(-1),
        };

    private static object[] EveryRule() =>
        [
            .. from level in Levels
            from measure in Measures
            select new
            {
                id = $"{level}-{measure.Measure}",
                measure = measure.Measure,
                subject = new { level },
                window = measure.Measure is "active-grants" or "concurrent-gpus" or "open-requests"
                    ? new { kind = "concurrent" }
                    : Scenes.Life,
                limit = measure.Limit,
                outcome = "shadow",
            },
        ];

    private static async Task<IReadOnlyList<string>> FindingsAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return [.. (await CounterVerifier.VerifyAsync(connection)).Findings.Select(one => one.Message)];
    }
}
