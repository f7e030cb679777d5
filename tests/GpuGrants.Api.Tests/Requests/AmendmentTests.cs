using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

public sealed class AmendmentTests
{
    [Fact]
    public async Task A_change_of_text_keeps_hold_and_place_and_resets_endorsements()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Waive();
        var scene = await world.Scene(rules: Scenes.SeveralApprove("10", 2, "two"));
        Person[] reviewers = [await world.Reviewer(scene.Programme), await world.Reviewer(scene.Programme)];
        var first = await scene.Startup.Ask(scene.Programme, 40);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await scene.Startup.Ask(scene.Programme, 20);
        var endorsed = await ApproveAsync(reviewers[0], first);
        Assert.Equal(1, endorsed.Number("approvalsGiven"));
        var holds = await RowsAsync(world, "holds");
        var facts = await RowsAsync(world, "quota_facts");
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var change = new { purpose = "Train a larger model", tags = new[] { "vision" } };
        var amended = await AmendAsync(scene, endorsed, change, ("Idempotency-Key", "once"));
        Assert.Equal(("in-review", 0m), (amended.Text_("status"), amended.Number("approvalsGiven")));
        Assert.Equal(("Train a larger model", "vision"), (amended.Text_("purpose"), amended["tags"][0]!.GetValue<string>()));
        Assert.Equal(first["hold"].ToJsonString(), amended["hold"].ToJsonString());
        Assert.Equal((holds, facts), (await RowsAsync(world, "holds"), await RowsAsync(world, "quota_facts")));
        var queue = await reviewers[0].Get("/v1/reviews");
        Assert.Equal(first.Id.ToString(), queue["data"][0]!["request"]!["id"]!.GetValue<string>());
        var again = await AmendAsync(scene, endorsed, change, ("Idempotency-Key", "once"));
        Assert.True(again.IsReplay);
        Assert.Equal(amended.Text, again.Text);
        endorsed = await ApproveAsync(reviewers[0], amended);
        Assert.Equal("in-review", endorsed.Text_("status"));
        Assert.Equal("approved", (await ApproveAsync(reviewers[1], endorsed)).Text_("status"));
        Assert.Equal(940, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task A_tag_that_a_rule_reads_is_decided_afresh()
    {
        await using var world = await TestWorld.StartAsync();
        var rule = new
        {
            id = "class",
            measure = "gpu-hours-granted",
            subject = new { level = "organization" },
            filter = new { tags = new[] { "class" } },
            window = new { kind = "per-request" },
            limit = new { gpuHours = "20" },
            outcome = "deny",
        };
        var scene = await world.Scene(rules: [Scenes.PerRequest("10"), rule]);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var before = await world.FingerprintAsync();
        var refused = await scene.Startup.Post(
            $"/v1/requests/{asked.Id}/amend",
            new { tags = new[] { "class" } },
            ("If-Match", asked.ETag)
        );
        refused.ExpectProblem(HttpStatusCode.Conflict, "quota-exceeded", "gpuHours");
        Assert.EndsWith("The request stays as it was.", refused.Text_("detail"), StringComparison.Ordinal);
        Assert.Equal(before, await world.FingerprintAsync());
        var amended = await AmendAsync(scene, asked, new { gpuHours = 15, tags = new[] { "class" } });
        Assert.Equal(("in-review", 15m), (amended.Text_("status"), amended.Number("gpuHours")));
        Assert.Equal(985, await world.Balance(scene.Programme, "budget"));
    }

    [Fact]
    public async Task An_amendment_may_use_what_the_request_itself_holds()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 45, capacity: 45, rules: [Scenes.PerRequest("10"), Scenes.PerMonth("45")]);
        var asked = await scene.Startup.Ask(scene.Programme, 40);
        var amended = await AmendAsync(scene, asked, new { gpuHours = 45 });
        Assert.Equal("in-review", amended.Text_("status"));
        Assert.Equal(0, await world.Balance(scene.Programme, "budget"));
        var replay = await world.Admin.Get($"/v1/decisions/{amended["decision"]["id"]}/replay");
        Assert.True(replay.Expect(HttpStatusCode.OK)["same"].GetValue<bool>());
    }

    private static async Task<Reply> AmendAsync(Scene scene, Reply request, object body, params (string, string)[] headers) =>
        (await scene.Startup.Post($"/v1/requests/{request.Id}/amend", body, [("If-Match", request.ETag), .. headers])).Expect(
            HttpStatusCode.OK
        );

    private static async Task<Reply> ApproveAsync(Person reviewer, Reply request) =>
        (await reviewer.Post($"/v1/requests/{request.Id}/approve", new { }, ("If-Match", request.ETag))).Expect(HttpStatusCode.OK);

    private static Task<string> RowsAsync(TestWorld world, string table) =>
        world.ScalarAsync<string>($"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t");
}
