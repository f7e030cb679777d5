using System.Net;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: a denied request that succeeds when it is sent again.</summary>
public sealed class StickyDenialTests
{
    [Fact]
    public async Task A_request_that_was_denied_stays_denied_under_its_key_although_the_budget_has_grown()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(credits: 5);
        var key = ("Idempotency-Key", "once");
        var denied = await scene.Startup.Ask(scene.Programme, 10, null, key);
        Assert.Equal("denied", denied.Text_("status"));
        await world.Fund(scene.Programme, 100);
        var again = (await scene.Startup.On(second).Ask(scene.Programme, 10, null, key)).Expect(HttpStatusCode.Created);
        Assert.True(again.IsReplay);
        Assert.Equal(denied.Text, again.Text);
        Assert.Equal(105, await world.Balance(scene.Programme, "budget"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10)).Text_("status"));
    }

    [Fact]
    public async Task A_refused_transfer_stays_refused_under_its_key_although_the_balance_has_grown()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 5);
        var path = $"/v1/programmes/{scene.Programme}/write-off";
        var (body, key) = (new { credits = 50, reason = "Too much" }, ("Idempotency-Key", "once"));
        var refused = (await world.Admin.Post(path, body, key)).ExpectProblem(HttpStatusCode.Conflict, "insufficient-balance");
        await world.Fund(scene.Programme, 100);
        Assert.Equal(refused.Text, (await world.Admin.Post(path, body, key)).Text);
        Assert.Equal(105, await world.Balance(scene.Programme, "budget"));
        (await world.Admin.Post(path, body)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Refusals_sent_again_while_the_balance_grows_are_answered_as_before_on_both_replicas()
    {
        await using var world = await TestWorld.StartAsync();
        await using var other = await Replica.StartAsync(world.Database, world.Clock);
        var (rich, poor) = (Guid.NewGuid(), Guid.NewGuid());
        var tree = await world.Tree(rich, 1);
        var steps = Enumerable.Range(0, 20).Select(_ => Step.Post(rich, poor, 5)).ToList();
        var first = await Task.WhenAll(steps.Select((step, i) => world.Send(tree, $"key-{i}", step)));
        Assert.All(first, answer => Assert.Equal("insufficient-balance", Outcome.Of(answer).Refused));
        var funding = world.Post(tree, Step.Post(tree, rich, 1_000));
        var again = await Task.WhenAll(
            steps.SelectMany((step, i) => (Task<Answer>[])[world.Send(tree, $"key-{i}", step), other.SendAsync(tree, $"key-{i}", step)])
        );
        await funding;
        Assert.All(again, answer => Assert.True(answer.Replayed && Outcome.Of(answer).Refused == "insufficient-balance"));
        Assert.Equal(0, await world.Available(poor));
    }
}
