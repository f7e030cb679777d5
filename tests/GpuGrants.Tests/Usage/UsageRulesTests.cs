using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Usage;

public class UsageRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly UsageTerms Terms = new(true, Noon.AddHours(-10), Noon.AddDays(10), Gpus: 2, GpuTime.FromSeconds(10_000));

    [Fact]
    public void A_reading_inside_the_grant_is_taken() => Assert.Null(Check(7_200, Noon.AddHours(-1), Noon));

    [Fact]
    public void A_reading_may_use_all_that_remains() => Assert.Null(Check(10_000, Noon.AddHours(-9), Noon));

    [Theory]
    [InlineData(10_001, -9, 0, "usage-exceeds-grant")]
    [InlineData(7_201, -1, 0, "usage-exceeds-gpus")]
    [InlineData(100, -11, 0, "usage-before-grant")]
    [InlineData(100, -1, 1, "usage-in-future")]
    public void A_reading_outside_the_grant_is_refused(long seconds, int fromHours, int toHours, string code) =>
        Assert.Equal(code, Check(seconds, Noon.AddHours(fromHours), Noon.AddHours(toHours))?.Code);

    [Fact]
    public void Usage_after_the_expiry_is_refused_even_when_it_is_reported_later() =>
        Assert.Equal(
            "usage-after-grant",
            UsageRules.Check(new UsageReading(GpuTime.FromSeconds(1), Noon, Noon.AddDays(11)), Terms, Noon.AddDays(20))?.Code
        );

    [Fact]
    public void A_closed_grant_takes_nothing() =>
        Assert.Equal(
            "grant-not-active",
            UsageRules.Check(new UsageReading(GpuTime.FromSeconds(1), Noon.AddHours(-1), Noon), Terms with { IsActive = false }, Noon)?.Code
        );

    [Fact]
    public void A_clock_five_minutes_ahead_is_tolerated() => Assert.Null(Check(60, Noon, Noon + UsageRules.ClockTolerance));

    [Fact]
    public void An_absurd_duration_does_not_overflow() =>
        Assert.Equal(
            "usage-exceeds-grant",
            UsageRules
                .Check(
                    new UsageReading(GpuTime.FromSeconds(GpuTime.MaxSeconds), DateTimeOffset.MinValue, Noon),
                    Terms with
                    {
                        StartsAt = DateTimeOffset.MinValue,
                        Gpus = int.MaxValue,
                    },
                    Noon
                )
                ?.Code
        );

    private static UsageRefusal? Check(long seconds, DateTimeOffset from, DateTimeOffset to) =>
        UsageRules.Check(new UsageReading(GpuTime.FromSeconds(seconds), from, to), Terms, Noon);
}
