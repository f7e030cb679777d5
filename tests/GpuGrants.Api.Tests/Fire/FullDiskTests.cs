using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Tests.Fire.Engine;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>PostgreSQL's disk is full.</summary>
public sealed class FullDiskTests
{
    /// <summary>On a disk of its own where one may be mounted, and by a limit on the size of files, which any user may set.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_disk_is_full_callers_get_503_nothing_is_half_done_and_with_room_everything_goes_on(bool mayMount)
    {
        var report = await DiskRun.RunAsync(fillings: 1, mayMount);
        Assert.Empty(report.Findings);
        Assert.True(report.Calls >= 8, $"Only {report.Calls} calls");
    }
}
