using CsCheck;
using GpuGrants.Notices;

namespace GpuGrants.Tests.Notices;

/// <summary>When people are told.</summary>
public sealed class NoticeRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_decision_is_expected_in_the_middle_of_the_hold() =>
        Assert.Equal(Now.AddHours(84), DecisionTime.Expected(Now, Now.AddHours(168)));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1_000, 1_000, 0)]
    [InlineData(201, 1_000, 0)]
    [InlineData(200, 1_000, 1)]
    [InlineData(51, 1_000, 1)]
    [InlineData(50, 1_000, 2)]
    [InlineData(0, 1_000, 2)]
    [InlineData(long.MaxValue, long.MaxValue, 0)]
    public void A_budget_is_low_at_a_fifth_and_nearly_used_up_at_a_twentieth_of_its_peak(long available, long peak, int level) =>
        Assert.Equal(level, BudgetWarning.LevelOf(available, peak));

    [Theory]
    [InlineData("2026-03-01T07:59:59Z", "UTC", "2026-02-28")]
    [InlineData("2026-03-01T08:00:00Z", "UTC", "2026-03-01")]
    [InlineData("2026-02-28T22:59:59Z", "Asia/Seoul", "2026-02-28")]
    [InlineData("2026-02-28T23:00:00Z", "Asia/Seoul", "2026-03-01")]
    [InlineData("2026-03-29T06:00:00Z", "Europe/Berlin", "2026-03-29")]
    [InlineData("2026-03-29T05:59:59Z", "Europe/Berlin", "2026-03-28")]
    public void A_days_digest_is_due_from_an_hour_of_the_local_clock(string now, string zone, string day) =>
        Assert.Equal(
            DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture),
            DigestDay.LatestDue(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), zone, 8)
        );

    [Fact]
    public void The_day_of_a_digest_never_goes_back_and_comes_once_a_day() =>
        Gen.Select(Gen.OneOfConst("UTC", "Asia/Seoul", "America/New_York", "Pacific/Apia"), Gen.Int[0, 23], Gen.Int[0, 400 * 24])
            .Sample(one =>
            {
                var at = Now.AddHours(one.Item3);
                var (before, after) = (
                    DigestDay.LatestDue(at, one.Item1, one.Item2),
                    DigestDay.LatestDue(at.AddDays(1), one.Item1, one.Item2)
                );
                Assert.InRange(after.DayNumber - before.DayNumber, 0, 2);
                Assert.InRange(DigestDay.LatestDue(at.AddHours(1), one.Item1, one.Item2).DayNumber - before.DayNumber, 0, 1);
            });

    [Fact]
    public void An_unknown_time_zone_is_refused() => Assert.Throws<ArgumentException>(() => DigestDay.LatestDue(Now, "Mars/Olympus", 8));
}
