using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

public sealed class DeliveryTests
{
    [Fact]
    public async Task Dead_endpoints_keep_nothing_from_live_ones_and_memory_stays_bounded()
    {
        var database = await TestDatabase.CreateAsync();
        try
        {
            var report = await DeliveryFloodRun.RunAsync(database, events: 100, endpoints: 10, dead: 3, TimeSpan.FromMinutes(2));
            Assert.Empty(report.Findings);
            Assert.True(report.Deliveries >= 7 * 100);
            Assert.InRange(report.GrownMebibytes, 0, 400);
        }
        finally
        {
            await TestDatabase.DropAsync(database);
        }
    }

    [Fact]
    public async Task Kills_of_a_replica_in_the_middle_of_deliveries_lose_no_event_and_break_no_order()
    {
        var database = await TestDatabase.CreateAsync();
        try
        {
            var report = await DeliveryCrashRun.RunAsync(database, kills => kills < 2);
            Assert.Empty(report.Findings);
            Assert.Equal(2, report.Kills);
            Assert.True(report.Deliveries > 50);
        }
        finally
        {
            await TestDatabase.DropAsync(database);
        }
    }
}
