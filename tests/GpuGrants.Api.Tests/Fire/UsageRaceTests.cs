using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Bug class: usage is paid twice, or out of nothing, when everybody acts on a grant at once.</summary>
public sealed class UsageRaceTests
{
    [Fact]
    public async Task Late_duplicate_corrected_and_disputed_usage_ends_and_settlements_on_two_replicas_lose_and_make_nothing()
    {
        var database = await TestDatabase.CreateAsync();
        await using (var run = new UsageRun(database, seed: Random.Shared.Next()))
        {
            var report = await run.RunAsync(rounds: 3);
            Assert.True(report.Findings.Count == 0, $"Seed {report.Seed}:\n{string.Join('\n', report.Findings)}");
            Assert.True(report.Calls > 30, $"Only {report.Calls} calls");
        }

        await TestDatabase.DropAsync(database);
    }
}
