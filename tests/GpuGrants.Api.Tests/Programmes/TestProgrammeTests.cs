using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Programmes;

public sealed class TestProgrammeTests
{
    [Fact]
    public async Task Nothing_that_happens_in_a_programme_that_only_tests_is_an_event_of_live_mode()
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(terms: new { livemode = false });
        await world.Fund(programme, 100);
        var (provider, @operator) = await world.Provider();
        await @operator.Offer(programme, provider);
        await world.Policy(programme, Scenes.PerMonth("30"));
        var (_, owner) = await world.Organization(livemode: false);
        var asked = (await owner.Ask(programme, 5)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        (await owner.Post($"/v1/grants/{asked.Text_("grantId")}/close")).Expect(HttpStatusCode.OK);
        Assert.True(await world.ScalarAsync<long>("select count(*) from events where root_programme_id = $1", programme) > 8);
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from events where root_programme_id = $1 and livemode", programme));
    }
}
