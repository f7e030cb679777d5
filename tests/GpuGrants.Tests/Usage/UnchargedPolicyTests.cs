using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class UnchargedPolicyTests
{
    [Fact]
    public void A_programme_that_states_nothing_only_has_its_people_told()
    {
        var policy = UnchargedPolicy.Along([(null, null, null)]);
        Assert.True(policy.IsEmpty);
        Assert.Equal(UnchargedStep.Notify, policy.StepAt(MeteredTime.FromMicroseconds(long.MaxValue)));
    }

    [Fact]
    public void Of_each_amount_the_smallest_on_the_path_holds()
    {
        var policy = UnchargedPolicy.Along([(Seconds(9), null, Seconds(50)), (Seconds(4), Seconds(2), Seconds(60))]);
        Assert.Equal((4, 2, 50), (policy.Grace.Seconds, policy.SuspendAfter?.Seconds, policy.RevokeAfter?.Seconds));
    }

    [Theory]
    [InlineData(2_000_000, UnchargedStep.Notify)]
    [InlineData(2_000_001, UnchargedStep.Suspend)]
    [InlineData(5_000_000, UnchargedStep.Suspend)]
    [InlineData(5_000_001, UnchargedStep.Revoke)]
    public void A_step_is_due_above_its_bound(long microseconds, UnchargedStep step) =>
        Assert.Equal(step, new UnchargedPolicy(default, Seconds(2), Seconds(5)).StepAt(MeteredTime.FromMicroseconds(microseconds)));

    private static GpuTime Seconds(long seconds) => GpuTime.FromSeconds(seconds);
}
