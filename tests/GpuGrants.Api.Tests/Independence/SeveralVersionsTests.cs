using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>What several people have to agree to stays so while any version of the policy asks for it, now or later.</summary>
public sealed class SeveralVersionsTests
{
    [Fact]
    public async Task A_policy_that_several_people_retire_later_is_not_ended_early_by_one()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member("/v1/administrators", null);
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var retiring = await world.Admin.Post(
            $"/v1/quota-policies/{policy}/retire",
            new { effectiveFrom = world.Now.AddDays(60) },
            Person.AnyVersion
        );
        await AgreeAsync(second, retiring);
        (await world.Publish(policy, Scenes.PerRequest("1000"))).Expect(HttpStatusCode.Accepted);
        Assert.Equal(2, (await scene.Startup.Ask(scene.Programme, 20)).Number("approvalsNeeded"));
        await world.PassAsync(TimeSpan.FromDays(60), scene.Startup, second);
        (await world.Publish(policy, Scenes.PerRequest("1000"))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_version_that_asks_for_fewer_lets_nobody_act_alone_before_it_is_in_force()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member("/v1/administrators", null);
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var lower = (await OverrideAsync(5)).Expect(HttpStatusCode.Created);
        await AgreeAsync(second, await world.Publish(policy, Scenes.PerRequest("10", id: "several"), world.Now.AddDays(60)));
        (await world.Admin.Post($"/v1/quota-policies/{policy}/retire", new { }, Person.AnyVersion)).Expect(HttpStatusCode.Accepted);
        (await world.Admin.Post($"/v1/quota-overrides/{lower.Id}/end")).Expect(HttpStatusCode.Accepted);
        (await OverrideAsync(50, world.Now.AddDays(1))).ExpectProblem(HttpStatusCode.Conflict, "overlapping-override");
        // A version without the rule forgets nothing of what is in force.
        await AgreeAsync(second, await world.Publish(policy, Scenes.Lifetime("1000"), world.Now.AddDays(70)));
        (await world.Admin.Post($"/v1/quota-overrides/{lower.Id}/end")).Expect(HttpStatusCode.Accepted);
        Assert.Equal(2, (await scene.Startup.Ask(scene.Programme, 7)).Number("approvalsNeeded"));

        Task<Reply> OverrideAsync(int hours, DateTimeOffset? startsAt = null) =>
            world.Admin.Post(
                "/v1/quota-overrides",
                PolicyScenes.Override(policy, "several", scene.Organization, "replace", hours, startsAt)
            );
    }

    [Fact]
    public async Task An_override_of_a_rule_in_force_that_asks_for_several_waits_for_them_whatever_a_later_version_asks()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var second = await world.Member("/v1/administrators", null);
        var policy = await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        await AgreeAsync(second, await world.Publish(policy, Scenes.PerRequest("10", id: "several"), world.Now.AddDays(60)));
        var body = PolicyScenes.Override(policy, "several", scene.Organization, "replace", 50);
        (await world.Admin.Post("/v1/quota-overrides", body)).Expect(HttpStatusCode.Accepted);
        await world.PassAsync(TimeSpan.FromDays(60), second);
        (await world.Admin.Post("/v1/quota-overrides", body)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_higher_limit_that_lasts_into_a_version_that_asks_for_several_waits_for_them()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var policy = await world.Policy(scene.Programme, Scenes.PerRequest("10", id: "several"));
        (await world.Publish(policy, Scenes.SeveralApprove("10", 2), world.Now.AddDays(60))).Expect(HttpStatusCode.OK);
        var asked = (await scene.Startup.AskIncrease(policy, "several", 30)).Expect(HttpStatusCode.Created);
        var path = $"/v1/quota-increases/{asked.Id}/approve";
        var endorsed = (await reviewers[0].Post(path, new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("in-review", endorsed.Text_("status"));
        (await reviewers[0].Post(path, new { }, ("If-Match", endorsed.ETag))).ExpectProblem(HttpStatusCode.Conflict, "approved-before");
        var approved = (await reviewers[1].Post(path, new { }, ("If-Match", endorsed.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", approved.Text_("status"));
    }

    [Fact]
    public async Task A_program_reviews_nothing_that_several_people_have_to_agree_to()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var members = $"/v1/programmes/{scene.Programme}/members";
        var (one, other) = (await world.Member(members, "programme-administrator"), await world.Member(members, "programme-administrator"));
        var reviewer = new { name = "Kim", role = "programme-reviewer" };
        // Whoever decides alone may have programs that do.
        (await one.Post(members, reviewer)).Expect(HttpStatusCode.Created);
        await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        (await one.Post(members, reviewer)).ExpectProblem(HttpStatusCode.Conflict, "invite-instead", "name");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from change_proposals"));

        // Nor by a proposal that was made before this was refused.
        var proposed = (await world.Admin.Post(members, reviewer)).Expect(HttpStatusCode.Accepted);
        await world.ScalarAsync<long>(
            $$"""
            set session_replication_role = replica;
            update change_proposals set change = change || '{"actsFor": "{{one.PrincipalId}}"}';
            select count(*) from change_proposals
            """
        );
        (await other.Post($"/v1/change-proposals/{proposed.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "invite-instead"
        );
    }

    [Fact]
    public async Task Whoever_erased_themselves_gets_no_role_by_the_approvals_that_come_later()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var members = $"/v1/programmes/{scene.Programme}/members";
        var (one, other) = (await world.Member(members, "programme-administrator"), await world.Member(members, "programme-administrator"));
        await world.Policy(scene.Programme, Scenes.SeveralApprove("10", 2));
        var joined = (await world.JoinAsync(one, "jisoo@example.org", "programme-reviewer", scene.Programme)).Expect(
            HttpStatusCode.Created
        );
        (await world.PersonOf(joined).Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        var path = $"/v1/change-proposals/{joined.Text_("changeProposalId")}";
        (await other.Post($"{path}/approve", new { }, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Conflict, "invitation-void");
        var (_, again) = await world.SignUpAsync("jisoo@example.org");
        Assert.DoesNotContain("programme-reviewer", (await again.Get("/v1/me")).Text, StringComparison.Ordinal);
        (await other.Post($"{path}/reject", new { reason = "They left" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }

    private static async Task AgreeAsync(Person other, Reply proposed)
    {
        var path = $"/v1/change-proposals/{proposed.Expect(HttpStatusCode.Accepted).Id}";
        (await other.Post($"{path}/approve", new { }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
    }
}
