using System.Net;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: what comes back comes back twice.</summary>
public sealed class DoubleRefundTests
{
    [Fact]
    public async Task A_grant_that_is_closed_revoked_and_expired_at_once_on_two_replicas_ends_once_and_returns_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(credits: 100, capacity: 100);
        for (var round = 0; round < 5; round++)
        {
            var grant = (await scene.Startup.Ask(scene.Programme, 10)).Text_("grantId");
            Assert.Equal(90, await world.Balance(scene.Programme, "budget"));
            var expiry = await world.ScalarAsync<DateTime>("select expires_at from grants where id = $1", Guid.Parse(grant));
            world.Clock.Advance(expiry - world.Now.UtcDateTime);
            foreach (var person in (Person[])[world.Admin, second.Admin, scene.Startup])
                person.ForgetToken();
            var replies = Task.WhenAll(
                scene.Startup.Post($"/v1/grants/{grant}/close"),
                scene.Startup.On(second).Post($"/v1/grants/{grant}/close"),
                world.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Abuse" }, Person.AnyVersion),
                second.Admin.Post($"/v1/grants/{grant}/revoke", new { reason = "Abuse" }, Person.AnyVersion)
            );
            await Task.WhenAll(SweepAsync(world), SweepAsync(second), replies);
            Assert.InRange((await replies).Count(reply => reply.Status == HttpStatusCode.OK), 0, 1);
            Assert.All(await replies, reply => Assert.True(reply.Status is HttpStatusCode.OK or HttpStatusCode.Conflict, reply.Text));
            // All of it may have been used, so all of it stays reserved until its provider settles it, once.
            Assert.Equal(90, await world.Balance(scene.Programme, "budget"));
            scene.Operator.ForgetToken();
            var settled = Task.WhenAll(
                scene.Operator.Post($"/v1/grants/{grant}/settle"),
                scene.Operator.On(second).Post($"/v1/grants/{grant}/settle")
            );
            await Task.WhenAll(SweepAsync(world), SweepAsync(second), settled);
            Assert.Single(await settled, reply => reply.Status == HttpStatusCode.OK);
            Assert.Equal(100, await world.Balance(scene.Programme, "budget"));
            Assert.Equal(100 * 3_600, await world.Balance(scene.Offer, "capacity", "gpu:h100"));
            foreach (var types in (string[])["'grant.closed', 'grant.revoked', 'grant.expired'", "'grant.ended'"])
                Assert.Equal(
                    1L,
                    await world.ScalarAsync<long>($"select count(*) from events where resource_id = $1 and type in ({types})", grant)
                );
        }

        await world.Verified();
    }

    [Fact]
    public async Task A_review_that_is_denied_withdrawn_approved_and_expired_at_once_on_two_replicas_ends_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene(credits: 100, capacity: 100, rules: Scenes.PerRequest("5"));
        var reviewer = await world.Reviewer(scene.Programme);
        for (var round = 0; round < 5; round++)
        {
            var before = await world.Balance(scene.Programme, "budget");
            var request = (await scene.Startup.Ask(scene.Programme, 10)).Id;
            Assert.Equal(before - 10, await world.Balance(scene.Programme, "budget"));
            if (round % 2 == 0)
                world.Clock.Advance(
                    await world.ScalarAsync<DateTime>("select hold_expires_at from requests where id = $1", request) - world.Now.UtcDateTime
                );
            foreach (var person in (Person[])[world.Admin, second.Admin, scene.Startup, reviewer])
                person.ForgetToken();
            var replies = Task.WhenAll(
                scene.Startup.Post($"/v1/requests/{request}/withdraw"),
                reviewer.Post($"/v1/requests/{request}/deny", new { reason = "Too much" }, Person.AnyVersion),
                reviewer.On(second).Post($"/v1/requests/{request}/approve", new { }, Person.AnyVersion)
            );
            await Task.WhenAll(SweepAsync(world), SweepAsync(second), replies);
            Assert.InRange((await replies).Count(reply => reply.Status == HttpStatusCode.OK), 0, 1);
            var status = await world.ScalarAsync<string>("select status from requests where id = $1", request);
            Assert.NotEqual("in-review", status);
            Assert.Equal(status == "approved" ? before - 10 : before, await world.Balance(scene.Programme, "budget"));
        }

        await world.Verified();
    }

    private static Task SweepAsync(TestWorld world) => world.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
}
