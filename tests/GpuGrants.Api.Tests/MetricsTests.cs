using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>What an operator sees of decisions.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Verdicts_breaches_and_the_age_of_reviews_are_counted_once_they_are_committed()
    {
        await using var world = await TestWorld.StartAsync();
        using var meters = new Meters(world);
        var scene = await world.Scene(rules: [Scenes.PerRequest("10"), Scenes.PerMonth("30"), Scenes.Lifetime("5", "shadow", "watched")]);
        var reviewer = await world.Reviewer(scene.Programme);
        await scene.Startup.Post(
            "/v1/requests?dryRun=true",
            new
            {
                programmeId = scene.Programme,
                gpuHours = 50,
                purpose = "Try",
            }
        );
        Assert.Equal(0, meters.Sum("gpugrants.quota.breaches"));
        var asked = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 40)).Text_("status"));
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(
            (1, 1, 1),
            (
                meters.Sum("gpugrants.decisions", "review"),
                meters.Sum("gpugrants.decisions", "denied"),
                meters.Sum("gpugrants.decisions", "approved")
            )
        );
        Assert.Equal(
            (2, 1, 2),
            (
                meters.Sum("gpugrants.quota.breaches", "per-request"),
                meters.Sum("gpugrants.quota.breaches", "per-month"),
                meters.Sum("gpugrants.quota.breaches", "watched")
            )
        );
        Assert.Equal(1_800, meters.Sum("gpugrants.review.age"));
        Assert.True(meters.Sum("gpugrants.ledger.transfers") > 0);
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_sends_requests_to_people_and_alarms()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        await world.ScalarAsync<long>(
            "alter table quota_policy_versions disable trigger quota_policy_versions_published_stays; with broken as "
                + "(update quota_policy_versions set document = '{\"rules\": 7}' returning 1) select count(*) from broken"
        );
        using var logs = new CapturedLogs();
        await using var fresh = await world.StartSecondLoggedAsync(logs);
        using var meters = new Meters(fresh);
        for (var i = 0; i < 2; i++)
            Assert.Equal("in-review", (await scene.Startup.On(fresh).Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal(2, meters.Sum("gpugrants.quota.unreadable_policies"));
        var policy = await world.PolicyId();
        Assert.Contains(
            policy.ToString(),
            Assert.Single(logs.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
    }
}
