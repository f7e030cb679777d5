using System.Net;
using GpuGrants.Api.Quotas.Recounts;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Stored counters are what the facts say, and a row that somebody changed is named.</summary>
public sealed class CounterVerifierTests
{
    [Fact]
    public async Task Counters_are_what_the_facts_say_and_rows_that_were_changed_damaged_or_deleted_are_named()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), Scenes.Lifetime("50")]);
        await world.Policy(null, Scenes.Lifetime("60"));
        foreach (var hours in (int[])[5, 20, 100])
            await scene.Startup.Ask(scene.Programme, hours);
        var report = await VerifyAsync(world);
        Assert.Equal((2L, 0L), (report.Subjects, report.Found));

        var (tree, subject) = (scene.Programme, scene.Organization.ToString());
        var packed = await world.ScalarAsync<byte[]>(
            "select counters from subject_counters where root_programme_id = $1 and subject_id = $2",
            tree,
            subject
        );
        var less = PackedCounters.Read(packed);
        less.Set(less.All.Keys.First(), new QuotaCounter([0], [1], [0]));
        Assert.Equal(FindingCodes.CounterDiffers, await FindingAfterAsync(PackedCounters.Write(less)));
        Assert.Equal(FindingCodes.CountersUnreadable, await FindingAfterAsync(packed[..^1]));
        await ExecuteAsync(world, "delete from subject_counters where root_programme_id = $1", tree);
        report = await VerifyAsync(world);
        Assert.Equal((1L, 2L), (report.Subjects, report.Found));
        Assert.All(report.Findings, finding => Assert.Equal((FindingCodes.CounterDiffers, tree), (finding.Code, finding.RootProgrammeId)));

        async Task<string> FindingAfterAsync(byte[] counters)
        {
            await ExecuteAsync(
                world,
                "update subject_counters set counters = $3 where root_programme_id = $1 and subject_id = $2",
                tree,
                subject,
                counters
            );
            var finding = Assert.Single((await VerifyAsync(world)).Findings);
            Assert.Contains(subject, finding.Message, StringComparison.Ordinal);
            return finding.Code;
        }
    }

    [Fact]
    public async Task A_request_whose_counters_are_damaged_is_not_decided()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("50"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        await ExecuteAsync(world, "update subject_counters set counters = $1", new byte[] { 9, 9, 9 });
        (await scene.Startup.On(second).Ask(scene.Programme, 5)).Expect(HttpStatusCode.InternalServerError);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from requests"));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_rule_that_is_dropped_and_published_again_counts_as_a_recount_does(bool ofPlatform, bool isRowWrittenMeanwhile)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: isRowWrittenMeanwhile ? [Scenes.PerMonth("100")] : []);
        Guid? programme = ofPlatform ? null : scene.Programme;
        if (isRowWrittenMeanwhile)
            await world.Policy(null, Scenes.PerMonth("100"));
        var policy = await world.Policy(programme, Scenes.Lifetime("10"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));
        var before = await CountersAsync(world, scene);

        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, ("If-Match", seen.ETag))).Expect(HttpStatusCode.OK);
        // A batch in the platform's tree drops what the platform counted by.
        await world.Organization(name: "Another");
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        Assert.Equal(isRowWrittenMeanwhile ? before - 1 : before, await CountersAsync(world, scene));
        Assert.Empty((await VerifyAsync(world)).Findings);

        await world.Policy(programme, Scenes.Lifetime("10"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal(before, await CountersAsync(world, scene));
        Assert.Empty((await VerifyAsync(world)).Findings);
    }

    [Fact]
    public async Task A_rule_of_the_platform_that_ends_by_its_date_counts_on_until_its_counters_are_dropped()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(null, Scenes.Lifetime("10"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (
            await world.Admin.Post(
                $"/v1/quota-policies/{policy}/retire",
                new { effectiveFrom = world.Now.AddHours(1) },
                ("If-Match", seen.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        await world.Organization(name: "Another");
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup);
        // A replica that starts now has never known the rule in force.
        await using var second = await world.StartSecondAsync();
        Assert.Equal("approved", (await scene.Startup.On(second).Ask(scene.Programme, 50)).Text_("status"));
        Assert.Empty((await VerifyAsync(world)).Findings);
        await world.Policy(null, Scenes.Lifetime("55"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Empty((await VerifyAsync(world)).Findings);
    }

    [Fact]
    public async Task A_rule_that_was_dropped_is_not_counted_again_when_its_policy_ends()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(null, Scenes.Lifetime("10"), Scenes.PerMonth("30"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 4)).Text_("status"));
        Assert.Equal(2, await FoldedAsync());
        (await world.Publish(policy, Scenes.Lifetime("10"))).Expect(HttpStatusCode.OK);
        await world.Organization(name: "Drops one");
        Assert.Equal(1, await FoldedAsync());
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, ("If-Match", seen.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 5)).Text_("status"));
        Assert.Equal(1, await FoldedAsync());
        await world.Organization(name: "Drops the other");
        Assert.Equal(0, await FoldedAsync());
        var version = await ConfigurationAsync();
        await world.Organization(name: "Drops none");
        await world.Organization(name: "Nor does this");
        Assert.Equal((0L, version), (await FoldedAsync(), await ConfigurationAsync()));
        Assert.Empty((await VerifyAsync(world)).Findings);

        await world.Policy(null, Scenes.Lifetime("10"), Scenes.PerMonth("30"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 2)).Text_("status"));
        Assert.Empty((await VerifyAsync(world)).Findings);

        Task<long> FoldedAsync() => world.ScalarAsync<long>("select count(*) from quota_signatures");
        Task<long> ConfigurationAsync() =>
            world.ScalarAsync<long>("select config_version from programme_trees where root_programme_id = $1", Guid.Empty);
    }

    private static async Task<CounterReport> VerifyAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return await CounterVerifier.VerifyAsync(connection);
    }

    private static async Task<int> CountersAsync(TestWorld world, Scene scene)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return (await StoredCounters.ReadAsync(connection)).Count(one => one.Key.Subject == SubjectId.Of(scene.Organization));
    }

    private static async Task ExecuteAsync(TestWorld world, string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
