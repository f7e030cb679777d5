using CsCheck;
using GpuGrants.Units;

namespace GpuGrants.Tests.Units;

public class UnitsTests
{
    [Theory]
    [InlineData("0.01", 36)]
    [InlineData("1", 3_600)]
    [InlineData("2.5", 9_000)]
    [InlineData("1.10", 3_960)]
    public void Hours_in_steps_of_a_hundredth_are_whole_seconds(string hours, long seconds)
    {
        Assert.True(GpuTime.TryFromHours(decimal.Parse(hours, System.Globalization.CultureInfo.InvariantCulture), out var time));
        Assert.Equal(seconds, time.Seconds);
    }

    [Theory]
    [InlineData("0.005")]
    [InlineData("-1")]
    [InlineData("1.001")]
    [InlineData("1000000000000000000")]
    public void Finer_negative_and_huge_hours_are_refused(string hours) =>
        Assert.False(GpuTime.TryFromHours(decimal.Parse(hours, System.Globalization.CultureInfo.InvariantCulture), out _));

    [Fact]
    public void A_credit_is_a_gpu_hour_at_rate_one()
    {
        Assert.True(Rate.TryFromCredits(1m, out var rate));
        Assert.Equal(1m, rate.CostOf(GpuTime.FromSeconds(3_600)).Value);
    }

    [Fact]
    public void What_is_affordable_costs_no_more_than_there_is_and_one_second_more_does() =>
        Gen.Select(Gen.Long[1, Rate.MaxMillicreditsPerGpuHour], Gen.Long[0, 1_000_000_000_000])
            .Sample(
                (millicredits, units) =>
                {
                    var rate = Rate.FromMillicredits(millicredits);
                    var affordable = rate.AffordableWith(Credits.FromUnits(units));
                    return rate.CostOf(affordable).Units <= units
                        && (affordable.Seconds == GpuTime.MaxSeconds || rate.CostOf(affordable + GpuTime.FromSeconds(1)).Units > units);
                }
            );

    [Fact]
    public void Wire_hours_and_seconds_convert_without_loss() =>
        Gen.Long[0, GpuTime.MaxSeconds / GpuTime.StepSeconds]
            .Sample(steps =>
                GpuTime.TryFromHours(steps / 100m, out var time)
                && time.Seconds == steps * GpuTime.StepSeconds
                && time.Hours == steps / 100m
            );

    [Fact]
    public void Splitting_an_amount_of_time_splits_its_cost() =>
        Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000])
            .Sample(
                (a, b, millicredits) =>
                {
                    var rate = Rate.FromMillicredits(millicredits);
                    var (x, y) = (GpuTime.FromSeconds(a), GpuTime.FromSeconds(b));
                    return rate.CostOf(x + y) == rate.CostOf(x) + rate.CostOf(y);
                }
            );

    [Fact]
    public void The_largest_time_at_the_dearest_rate_does_not_overflow() =>
        Assert.Equal(
            Credits.MaxUnits,
            Rate.FromMillicredits(Rate.MaxMillicreditsPerGpuHour).CostOf(GpuTime.FromSeconds(GpuTime.MaxSeconds)).Units
        );

    [Fact]
    public void Amounts_never_become_negative()
    {
        Assert.Throws<OverflowException>(() => GpuTime.FromSeconds(1) - GpuTime.FromSeconds(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuTime.FromSeconds(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Credits.FromUnits(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rate.FromMillicredits(-1));
    }
}
