using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Usage of grants in several trees, reported in one call.</summary>
[Trait("Part", "Quick")]
public sealed class UsageTests
{
    [Fact]
    public async Task One_call_with_one_key_charges_grants_of_two_trees_and_charges_none_of_them_again()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var other = await world.Programme(credits: 100);
        await scene.Operator.Offer(other, scene.Provider);
        var grants = new List<Guid>();
        foreach (var programme in (Guid[])[scene.Programme, other])
            grants.Add(Guid.Parse((await scene.Startup.Ask(programme, 10)).Expect(HttpStatusCode.Created).Text_("grantId")));
        world.Clock.Advance(TimeSpan.FromMinutes(50));
        var records = grants
            .Select(
                (grant, i) =>
                    new
                    {
                        id = Guid.CreateVersion7(world.Now),
                        grantId = grant,
                        gpuSeconds = 720 * (i + 1),
                        startedAt = world.Now.AddMinutes(-40),
                        endedAt = world.Now.AddMinutes(-1),
                    }
            )
            .ToArray();
        for (var send = 0; send < 2; send++)
        {
            var results = (await scene.Operator.Post("/v1/usage-records", new { records }, ("Idempotency-Key", "one")))
                .Expect(HttpStatusCode.OK)["results"]
                .AsArray();
            Assert.Equal(
                records.Select(one => (one.id.ToString(), "recorded")),
                results.Select(one => (one!["id"]!.GetValue<string>(), one["status"]!.GetValue<string>()))
            );
            foreach (var record in records)
                Assert.Equal(
                    record.gpuSeconds / 3_600m,
                    (await scene.Startup.Get($"/v1/grants/{record.grantId}")).Expect(HttpStatusCode.OK)["usedGpuHours"]!.GetValue<decimal>()
                );
        }
    }

    [Fact]
    public async Task A_repetition_is_answered_as_before_also_when_the_programme_that_was_picked_has_ended()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var body = new { gpuHours = 1, purpose = "Try" };
        var first = (await scene.Startup.Post("/v1/requests", body, ("Idempotency-Key", "picked"))).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/end", new { })).Expect(HttpStatusCode.OK);
        var again = (await scene.Startup.Post("/v1/requests", body, ("Idempotency-Key", "picked"))).Expect(HttpStatusCode.Created);
        Assert.Equal(first.Text, again.Text);
    }
}
