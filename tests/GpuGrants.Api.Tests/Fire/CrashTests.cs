using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Tests.Fire.Engine;

namespace GpuGrants.Api.Tests.Fire;

public sealed class CrashTests
{
    [Fact]
    public async Task What_was_acknowledged_survives_kills_of_the_service_and_of_PostgreSQL_and_what_was_not_is_whole_or_absent()
    {
        var report = await CrashRun.RunAsync(crashes => crashes < 3);
        Assert.Empty(report.Findings);
        Assert.Equal(3, report.Crashes);
        Assert.True(report.Unanswered > 0, "No call was under way when something was killed.");
    }
}
