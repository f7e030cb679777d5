using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Requests;

/// <summary>Who decided, for those who may know.</summary>
public sealed class DeciderTests
{
    [Fact]
    public async Task Reviewers_read_who_decided_and_applicants_do_not()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        foreach (var person in (Person[])[reviewer, world.Admin])
        {
            var verdicts = (await person.Get($"/v1/requests/{asked.Id}/decisions"))["data"].AsArray();
            Assert.Null(verdicts[0]!["decider"]);
            Assert.Equal(
                (reviewer.PrincipalId, "Somebody"),
                (verdicts[1]!["decider"]!["id"]!.GetValue<Guid>(), verdicts[1]!["decider"]!["name"]!.GetValue<string>())
            );
            var request = await person.Get($"/v1/requests/{asked.Id}");
            Assert.Equal(reviewer.PrincipalId, request["decision"]["decider"]!["id"]!.GetValue<Guid>());
        }

        var own = (await scene.Startup.Get($"/v1/requests/{asked.Id}/decisions")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain($"{reviewer.PrincipalId}", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            $"{reviewer.PrincipalId}",
            (await scene.Startup.Get($"/v1/requests/{asked.Id}")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_same_holds_for_requests_for_a_higher_limit()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var policy = await world.Policy(scene.Programme, Scenes.Lifetime("20"));
        var reviewer = await world.Reviewer(scene.Programme);
        var asked = await scene.Startup.Post(
            "/v1/quota-increases",
            new
            {
                policyId = policy,
                ruleId = "lifetime",
                limit = 30,
                reason = "A larger model",
            }
        );
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await reviewer.Post($"/v1/quota-increases/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).Expect(HttpStatusCode.OK);
        var seen = (await reviewer.Get($"/v1/quota-increases/{asked.Id}"))["decision"]["decider"]!;
        Assert.Equal(reviewer.PrincipalId, seen["id"]!.GetValue<Guid>());
        var verdicts = (await reviewer.Get($"/v1/quota-increases/{asked.Id}/decisions"))["data"].AsArray();
        Assert.Equal([null, "Somebody"], verdicts.Select(one => one!["decider"]?["name"]!.GetValue<string>()));
        var own = (await scene.Startup.Get($"/v1/quota-increases/{asked.Id}/decisions")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain($"{reviewer.PrincipalId}", own.Text, StringComparison.Ordinal);
    }
}
