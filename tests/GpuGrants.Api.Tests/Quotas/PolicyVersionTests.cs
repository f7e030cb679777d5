using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Drafts, versions and the moment from which each is in force.</summary>
public sealed class PolicyVersionTests
{
    [Fact]
    public async Task A_published_change_binds_the_very_next_decision_on_the_other_replica()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        var there = scene.Startup.On(second);
        var policy = await world.PolicyId();
        Assert.Equal("approved", (await there.Ask(scene.Programme, 10)).Text_("status"));
        for (var hours = 9; hours > 4; hours--)
        {
            var rule = Scenes.PerRequest(hours.ToString(System.Globalization.CultureInfo.InvariantCulture), "deny", "small");
            (await world.Publish(policy, rule)).Expect(HttpStatusCode.OK);
            Assert.Equal("denied", (await there.Ask(scene.Programme, hours + 0.01m)).Text_("status"));
            Assert.Equal("approved", (await there.Ask(scene.Programme, hours)).Text_("status"));
        }
    }

    [Fact]
    public async Task The_second_of_two_drafts_written_at_once_is_told_that_the_policy_has_changed()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        await world.Scene(rules: Scenes.PerMonth("10"));
        var policy = await world.PolicyId();
        var etag = (await world.Admin.Get($"/v1/quota-policies/{policy}")).ETag;
        Person[] administrators = [world.Admin, second.Admin];
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    administrators[i % 2]
                        .Put(
                            $"/v1/quota-policies/{policy}/draft",
                            new { document = new { rules = new[] { Scenes.PerMonth($"{20 + i}") } } },
                            ("If-Match", etag)
                        )
                )
        );
        Reply.ExpectOne(replies, HttpStatusCode.OK, "stale", lost: HttpStatusCode.PreconditionFailed);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from quota_policy_versions where status = 'draft'"));
    }

    [Fact]
    public async Task A_version_takes_effect_on_its_date_and_a_retired_policy_limits_no_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        var policy = await world.PolicyId();
        (await world.Publish(policy, Scenes.PerRequest("20", "deny", "small"), world.Now.AddHours(2))).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(2), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
        var seen = await world.Admin.Get($"/v1/quota-policies/{policy}");
        (
            await world.Admin.Post(
                $"/v1/quota-policies/{policy}/retire",
                new { effectiveFrom = world.Now.AddHours(-2) },
                ("If-Match", seen.ETag)
            )
        ).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "effectiveFrom");
        (
            await world.Admin.Post(
                $"/v1/quota-policies/{policy}/retire",
                new { effectiveFrom = world.Now.AddHours(1) },
                ("If-Match", seen.ETag)
            )
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
        await world.PassAsync(TimeSpan.FromHours(1), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 21)).Text_("status"));
    }

    [Fact]
    public async Task A_policy_says_which_version_is_in_force_and_its_people_read_who_published_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10", "deny", "small"));
        var policy = await world.PolicyId();
        var reviewer = await world.Reviewer(scene.Programme);
        (await world.Publish(policy, Scenes.PerRequest("20", "deny", "small"), world.Now.AddHours(2))).Expect(HttpStatusCode.OK);
        var before = (await reviewer.Get($"/v1/quota-policies/{policy}")).Expect(HttpStatusCode.OK);
        Assert.Equal((1, 2), (before["versionInForce"].GetValue<int>(), before["versions"].AsArray().Count));
        var publisher = before["versions"][0]!["publisher"]!;
        Assert.Equal(
            await world.ScalarAsync<Guid>("select published_by from quota_policy_versions where number = 1"),
            publisher["id"]!.GetValue<Guid>()
        );
        Assert.NotEqual("", publisher["name"]!.GetValue<string>());
        await world.PassAsync(TimeSpan.FromHours(2), reviewer, scene.Startup);
        var after = (await scene.Startup.Get($"/v1/quota-policies/{policy}")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, after["versionInForce"].GetValue<int>());
        Assert.Null(after["versions"][0]!["publisher"]);
        Assert.NotNull(after["versions"][0]!["publishedAt"]);
        // The resource is the same version, and the answer is not.
        Assert.NotEqual(before.ETag, after.ETag);
        var listed = (await scene.Startup.Get("/v1/quota-policies"))["data"].AsArray().Single()!;
        Assert.Equal(2, listed["versionInForce"]!.GetValue<int>());
        var retired = await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, ("If-Match", after.ETag));
        Assert.Null(retired.Expect(HttpStatusCode.OK).Body!["versionInForce"]);
        Assert.Null((await scene.Startup.Get($"/v1/quota-policies/{policy}")).Body!["versionInForce"]);
    }

    [Fact]
    public async Task A_policy_is_exported_imported_elsewhere_and_compared()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Scene(rules: [Scenes.PerMonth("100"), Scenes.ActiveGrants(2)]);
        var policy = await world.PolicyId();
        (await world.Publish(policy, Scenes.PerMonth("150"))).Expect(HttpStatusCode.OK);
        var exported = (await world.Admin.Get($"/v1/quota-policies/{policy}/versions/1/export")).Expect(HttpStatusCode.OK);
        var imported = (await world.Admin.Post("/v1/quota-policies", new { name = "Copy", document = exported.Body })).Expect(
            HttpStatusCode.Created
        );
        Assert.Equal(exported.Text, (await world.Admin.Get($"/v1/quota-policies/{imported.Id}/versions/1/export")).Text);
        var diff = (await world.Admin.Get($"/v1/quota-policies/{policy}/diff?from=1&to=2")).Expect(HttpStatusCode.OK).Text;
        Assert.Contains("active-grants", diff, StringComparison.Ordinal);
        Assert.Contains("150", diff, StringComparison.Ordinal);
        (await world.Admin.Get($"/v1/quota-policies/{policy}/diff?from=1&to=7")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }
}
