using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>What a published policy counts and limits.</summary>
public sealed class PolicyTests
{
    [Fact]
    public async Task A_policy_that_comes_later_makes_no_counter_for_whom_it_counts_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.Lifetime("5"));
        var (other, owner) = await world.Organization(name: "Another");
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 50)).Text_("status"));
        await world.Policy(scene.Programme, Scenes.PerMonth("30"));
        Assert.Equal("approved", (await owner.Ask(scene.Programme, 1)).Text_("status"));
        Assert.Equal((0, 2), (await CountersOf(scene.Organization), await CountersOf(other)));

        async Task<int> CountersOf(Guid organization)
        {
            await using var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            return (await StoredCounters.ReadAsync(connection)).Count(one => one.Key.Subject == SubjectId.Of(organization));
        }
    }

    [Fact]
    public async Task An_anchored_window_is_published_counts_and_says_when_it_resets()
    {
        await using var world = await TestWorld.StartAsync();
        var anchor = DateOnly.FromDateTime(world.Now.UtcDateTime).AddDays(-3);
        var rule = new
        {
            id = "ten-days",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            window = new
            {
                kind = "anchored",
                length = "P10D",
                anchor = $"{anchor:yyyy-MM-dd}",
                timeZone = "UTC",
            },
            limit = new { gpuHours = "20" },
            outcome = "deny",
        };
        var scene = await world.Scene(rules: rule);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 12)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
        var quota = (await scene.Headroom()).Single(one => one!["rule"]!.GetValue<string>() == "ten-days")!;
        Assert.Equal(("anchored", 12m), (quota["window"]!.GetValue<string>(), quota["used"]!.GetValue<decimal>()));
        Assert.Equal(new DateTimeOffset(anchor.AddDays(10), default, TimeSpan.Zero), quota["resetsAt"]!.GetValue<DateTimeOffset>());
        await world.PassAsync(TimeSpan.FromDays(7), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 9)).Text_("status"));
    }

    [Fact]
    public async Task A_stored_policy_that_cannot_be_read_refers_to_people_and_approves_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("100"));
        await using (var connection = new NpgsqlConnection(world.Database))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                "alter table quota_policy_versions disable trigger quota_policy_versions_published_stays; update "
                    + "quota_policy_versions set document = '{\"rules\":\"none\"}'; update programme_trees set config_version = "
                    + "config_version + 1",
                connection
            );
            await command.ExecuteNonQueryAsync();
        }

        var asked = await scene.Startup.Ask(scene.Programme, 1);
        Assert.Equal("in-review", asked.Text_("status"));
        Assert.Equal("policy-unreadable", asked["decision"]["reasons"]![0]!["code"]!.GetValue<string>());
        Assert.Contains(
            "cannot be read",
            (await (await world.Reviewer(scene.Programme)).Get($"/v1/requests/{asked.Id}"))["decision"]["forOperators"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_policy_in_shadow_enforces_nothing_and_operators_read_what_it_would_have_done()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var document = new { shadow = true, rules = new[] { Scenes.Lifetime("5"), Scenes.PerRequest("1") } };
        var policy = (await world.PublishedPolicy(scene.Programme, document)).Id;
        var asked = await scene.Startup.Ask(scene.Programme, 9);
        Assert.Equal("approved", asked.Text_("status"));
        var seen = await world.Admin.Get($"/v1/requests/{asked.Id}");
        Assert.Contains(
            "rule \"lifetime\": shadow when breached",
            seen["decision"]["forOperators"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        // Once it is enforced, what was counted in the shadow counts.
        (await world.Publish(policy, Scenes.Lifetime("5"))).Expect(HttpStatusCode.OK);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        await world.Verified();
    }

    [Fact]
    public async Task An_override_of_a_sharing_changes_what_a_programme_brings_in()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(0, scene.Programme);
        object Node(Guid programmeId, string hours, Guid? parentId = null) =>
            new
            {
                programmeId,
                parentId,
                nominal = new { gpuHours = hours },
            };
        var policy = await world.Policy(
            scene.Programme,
            new
            {
                id = "shared",
                measure = "gpu-hours-granted",
                subject = new { level = "programme" },
                window = new { kind = "lifetime" },
                sharing = new { nodes = new[] { Node(scene.Programme, "10"), Node(child, "0", scene.Programme) } },
                outcome = "deny",
            }
        );
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));
        var stranger = await OverrideAsync(scene.Organization);
        stranger.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "subject");
        (await OverrideAsync(child)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 15)).Text_("status"));

        Task<Reply> OverrideAsync(Guid subject) =>
            world.Admin.Post("/v1/quota-overrides", PolicyScenes.Override(policy, "shared", subject, "add", 5));
    }

    [Fact]
    public async Task A_rule_of_the_platform_holds_over_two_trees_at_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider);
        await world.Policy(null, Scenes.Lifetime("20"));
        Person[] callers = [scene.Startup, scene.Startup.On(second)];
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => callers[i % 2].Ask(i % 4 < 2 ? scene.Programme : other, 1)));
        Assert.Equal(20, replies.Count(reply => reply.Expect(HttpStatusCode.Created).Text_("status") == "approved"));
        Assert.Equal(1_980, await world.Balance(scene.Programme, "budget") + await world.Balance(other, "budget"));
    }
}
