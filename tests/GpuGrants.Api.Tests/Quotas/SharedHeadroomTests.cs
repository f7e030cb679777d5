using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Many ask for their headroom at one moment, and one statement reads for all of them.</summary>
public sealed class SharedHeadroomTests
{
    private const int Startups = 6;

    [Fact]
    public async Task Each_of_many_who_ask_at_once_sees_what_it_used_itself_in_each_programme()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30")]);
        var other = await world.Programme(1_000);
        await scene.Operator.Offer(other, scene.Provider, 1_000);
        await world.Policy(null, Scenes.Lifetime("90"));
        var startups = new List<(Guid Id, Person Owner)>();
        for (var i = 0; i < Startups; i++)
        {
            startups.Add(await world.Organization(name: $"Startup {i}"));
            Assert.Equal("approved", (await startups[i].Owner.Ask(scene.Programme, i + 1)).Text_("status"));
            Assert.Equal("approved", (await startups[i].Owner.Ask(other, 2)).Text_("status"));
        }

        // The first time, the service learns of the organizations.
        for (var round = 0; round < 3; round++)
            await Task.WhenAll(Enumerable.Range(0, Startups * 4).Select(turn => SeesAsync(turn % Startups, turn % 2 == 0)));

        async Task SeesAsync(int startup, bool isFirst)
        {
            var (id, owner) = startups[startup];
            var programme = isFirst ? scene.Programme : other;
            var answer = (await owner.Get($"/v1/organizations/{id}/headroom?programmeId={programme}")).Expect(HttpStatusCode.OK);
            var used = answer["data"][0]!["quotas"]!
                .AsArray()
                .ToDictionary(one => one!["rule"]!.GetValue<string>(), one => one!["used"]!.GetValue<decimal>());
            Assert.Equal(startup + 3, used["lifetime"]);
            if (isFirst)
                Assert.Equal(startup + 1, used["per-month"]);
            else
                Assert.DoesNotContain("per-month", used.Keys);
        }
    }
}
