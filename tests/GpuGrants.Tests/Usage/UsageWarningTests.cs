using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class UsageWarningTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 49, null)]
    [InlineData(0, 50, 50)]
    [InlineData(50, 79, null)]
    [InlineData(10, 96, 95)]
    [InlineData(95, 100, 100)]
    [InlineData(100, 100, null)]
    [InlineData(96, 60, null)]
    public void A_warning_is_due_for_the_highest_share_that_was_just_reached(int before, int after, int? percent) =>
        Assert.Equal(percent, UsageWarning.Reached(GpuTime.FromSeconds(before), GpuTime.FromSeconds(after), GpuTime.FromSeconds(100)));

    [Fact]
    public void A_grant_is_warned_of_three_days_before_its_end() =>
        Assert.Equal(Noon.AddDays(27), UsageWarning.NoticeAt(Noon, Noon.AddDays(30)));

    [Fact]
    public void A_short_grant_is_warned_of_in_its_last_quarter() =>
        Assert.Equal(Noon.AddHours(18), UsageWarning.NoticeAt(Noon, Noon.AddDays(1)));
}
