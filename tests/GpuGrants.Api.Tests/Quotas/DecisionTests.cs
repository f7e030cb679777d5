using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

public sealed class DecisionTests
{
    [Fact]
    public async Task A_decision_is_the_same_again_after_rules_counters_and_time_zone_have_changed()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.PerMonth("30"));
        var reviewer = await world.Reviewer(scene.Programme);
        await scene.Startup.Ask(scene.Programme, 20);
        var denied = await scene.Startup.Ask(scene.Programme, 20);
        await scene.Startup.Ask(scene.Programme, 5);
        (await world.Publish(policy, Scenes.PerMonth("300"))).Expect(HttpStatusCode.OK);
        var programme = await world.Admin.Get($"/v1/programmes/{scene.Programme}");
        (
            await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { timeZone = "Asia/Seoul" }, ("If-Match", programme.ETag))
        ).Expect(HttpStatusCode.OK);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 20)).Text_("status"));
        var again = (await reviewer.Get($"/v1/decisions/{denied["decision"]["id"]}/replay")).Expect(HttpStatusCode.OK);
        Assert.True(again["same"].GetValue<bool>());
        Assert.Equal(("denied", "denied"), (again.Text_("verdict"), again.Text_("replayedVerdict")));
        Assert.Equal(20m, again["replayedReasons"]![0]!["quota"]!["used"]!.GetValue<decimal>());
    }

    [Fact]
    public async Task A_decision_by_a_person_and_one_that_is_not_ones_own_are_not_taken_again()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        var approved = await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag));
        (await reviewer.Get($"/v1/decisions/{approved["decision"]["id"]}/replay")).ExpectProblem(
            HttpStatusCode.Conflict,
            "decided-by-person"
        );
        var elsewhere = await world.Reviewer(await world.Programme());
        (await elsewhere.Get($"/v1/decisions/{asked["decision"]["id"]}/replay")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await scene.Startup.Get($"/v1/decisions/{asked["decision"]["id"]}/replay")).Expect(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Operators_read_of_every_breach_and_applicants_never_do()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerRequest("10"), Scenes.Lifetime("15", "shadow", "watched")]);
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        var read = (await reviewer.Get($"/v1/requests/{asked.Id}"))["decision"]["forOperators"]!.GetValue<string>();
        Assert.Contains("rule \"per-request\": review", read, StringComparison.Ordinal);
        Assert.Contains("rule \"watched\": shadow", read, StringComparison.Ordinal);
        Assert.Contains("watched", (await reviewer.Get("/v1/reviews")).Text, StringComparison.Ordinal);
        Assert.Contains("watched", (await world.Admin.Get($"/v1/requests/{asked.Id}/decisions")).Text, StringComparison.Ordinal);
        foreach (var path in (string[])[$"/v1/requests/{asked.Id}", $"/v1/requests/{asked.Id}/decisions", "/v1/requests"])
        {
            var shown = (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK).Text;
            Assert.DoesNotContain("forOperators", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("watched", shown, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("watched", asked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasons_come_in_Korean_when_the_caller_prefers_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("10"));
        var english = await scene.Startup.Ask(scene.Programme, 20, null, ("Accept-Language", "en-GB, ko;q=0.5"));
        var korean = await scene.Startup.Ask(scene.Programme, 20, null, ("Accept-Language", "ko-KR, en;q=0.8"));
        Assert.Contains("your organization may get up to 10 GPU-hours", Message(english), StringComparison.Ordinal);
        Assert.Matches("[가-힣]", Message(korean));
        Assert.Equal(Message(korean), Message(await scene.Startup.Get($"/v1/requests/{english.Id}", ("Accept-Language", "ko"))));
    }

    [Fact]
    public async Task The_language_is_chosen_as_RFC_9110_says_and_the_answer_names_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("10"));
        foreach (
            var (header, language) in new[]
            {
                ("ko", "ko"),
                ("KO-kr, en;q=0.9", "ko"),
                ("en, ko", "en"),
                ("ko, en", "ko"),
                ("fr, ko;q=0.2, en;q=0.1", "ko"),
                ("en;q=0, ko;q=0.1", "ko"),
                ("ko;q=0, *;q=0.5", "en"),
                ("en;q=0, *", "ko"),
                ("ko;q=0", "en"),
                ("kok", "en"),
                ("*", "en"),
                ("fr", "en"),
            }
        )
        {
            var asked = await scene.Startup.Ask(scene.Programme, 20, null, ("Accept-Language", header));
            var read = await scene.Startup.Get($"/v1/requests/{asked.Id}", ("Accept-Language", header));
            var listed = await scene.Startup.Get($"/v1/requests/{asked.Id}/decisions", ("Accept-Language", header));
            foreach (var reply in (Reply[])[asked, read, listed])
                Assert.Equal([language], reply.Message.Content.Headers.ContentLanguage);
            Assert.Equal(language == "ko", Regex.IsMatch(Message(asked), "[가-힣]"));
        }

        // A repetition has the language of its first answer, whatever the caller prefers now.
        var first = await scene.Startup.Ask(scene.Programme, 20, null, ("Accept-Language", "ko"), ("Idempotency-Key", "k"));
        var again = await scene.Startup.Ask(scene.Programme, 20, null, ("Accept-Language", "en"), ("Idempotency-Key", "k"));
        Assert.True(again.IsReplay);
        Assert.Equal((first.Text, "ko"), (again.Text, again.Message.Content.Headers.ContentLanguage.Single()));
    }

    [Fact]
    public async Task A_counter_offer_is_approved_when_taken_and_one_step_more_is_denied()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerMonth("30"));
        await scene.Startup.Ask(scene.Programme, 12.34m);
        var denied = await scene.Startup.Ask(scene.Programme, 20);
        var most = denied["decision"]["maxGrantableNow"]!.GetValue<decimal>();
        Assert.Equal(17.66m, most);
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, most + 0.01m)).Text_("status"));
        var taken = (await scene.Startup.Post($"/v1/requests/{denied.Id}/accept-counter-offer")).Expect(HttpStatusCode.Created);
        Assert.Equal(("approved", most), (taken.Text_("status"), taken.Number("gpuHours")));
        Assert.Equal(0m, (await scene.Startup.Ask(scene.Programme, 0.01m))["decision"]["maxGrantableNow"]!.GetValue<decimal>());
    }

    private static string Message(Reply reply) => reply["decision"]["reasons"]![0]!["message"]!.GetValue<string>();
}
