using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>The connection to PostgreSQL goes at every moment at which it can.</summary>
public sealed class CutTests
{
    [Fact]
    public async Task Whenever_the_connection_is_cut_every_call_is_carried_out_once_and_its_key_tells()
    {
        var database = await TestDatabase.CreateAsync();
        var report = await new CutRun(database).RunAsync(parity: Random.Shared.Next(2));
        Assert.Empty(report.Findings);
        Assert.True(report.Steps > 60, $"Only {report.Steps} steps");
        Assert.True(report.Unanswered > 30, $"Only {report.Unanswered} callers were left without an answer");
        Assert.Empty(await CrashCheck.VerifyAsync(database));
        await TestDatabase.DropAsync(database);
    }
}
