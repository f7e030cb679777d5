using System.Globalization;

namespace GpuGrants.Tests.Quotas;

/// <summary>When what was counted stops to count.</summary>
public class WindowTests
{
    [Theory]
    [InlineData("hour", "2026-03-02T12:59:59.999Z", "2026-03-02T13:00:00Z")]
    [InlineData("day", "2026-03-02T14:59:59.999Z", "2026-03-02T15:00:00Z")]
    [InlineData("week", "2026-03-08T14:59:59.999Z", "2026-03-08T15:00:00Z")]
    [InlineData("month", "2026-03-31T14:59:59.999Z", "2026-03-31T15:00:00Z")]
    [InlineData("quarter", "2026-03-31T14:59:59.999Z", "2026-03-31T15:00:00Z")]
    [InlineData("year", "2026-12-31T14:59:59.999Z", "2026-12-31T15:00:00Z")]
    public void A_calendar_window_ends_by_the_clock_of_Seoul(string unit, string last, string next)
    {
        var quota = Quota.OfRule(
            $$"""
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"{{unit}}"},"limit":{"gpuHours":"1"}
            """
        );
        quota.Grant(1);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, At(last)));
        Assert.Equal(At(next), quota.Ask(1, At(last)).Evaluations[0].ResetsAt);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, At(next)));
    }

    [Fact]
    public void A_day_is_23_hours_long_when_the_clocks_go_forward()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"day","timeZone":"America/New_York"},"limit":{"gpuHours":"1"}
            """
        );
        quota.Grant(1, At("2026-03-08T05:00:00Z"));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, At("2026-03-09T03:59:59.999Z")));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, At("2026-03-09T04:00:00Z")));
    }

    [Fact]
    public void A_month_ends_with_its_last_day_in_a_leap_year()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month","timeZone":"UTC"},"limit":{"gpuHours":"1"}
            """
        );
        quota.Grant(1, At("2028-02-01T00:00:00Z"));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, At("2028-02-29T23:59:59.999Z")));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, At("2028-03-01T00:00:00Z")));
    }

    [Theory]
    [InlineData("P1M", "2026-01-31", "2026-03-30T14:59:59.999Z", "2026-03-30T15:00:00Z")]
    [InlineData("P1W", "2026-01-06", "2026-03-02T14:59:59.999Z", "2026-03-02T15:00:00Z")]
    [InlineData("P1Y", "2024-02-29", "2027-02-27T14:59:59.999Z", "2027-02-27T15:00:00Z")]
    public void An_anchored_window_ends_by_the_clock_of_Seoul(string length, string anchor, string last, string next)
    {
        var quota = Quota.OfRule(
            $$"""
            "measure":"gpu-hours-granted","limit":{"gpuHours":"1"},"window":{"kind":"anchored","length":"{{length}}","anchor":"{{anchor}}"}
            """
        );
        quota.Grant(1, At(last).AddHours(-1));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, At(last)));
        Assert.Equal(At(next), quota.Ask(1, At(last)).Evaluations[0].ResetsAt);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, At(next)));
    }

    [Fact]
    public void An_anchored_window_carries_over_as_a_calendar_window_does()
    {
        var quota = Quota.Since(
            At("2026-02-01T00:00:00Z"),
            """
            "measure":"gpu-hours-granted","limit":{"gpuHours":"10"},
            "window":{"kind":"anchored","length":"P1M","anchor":"2026-01-31","timeZone":"UTC","carryOver":{"max":{"gpuHours":"15"}}}
            """
        );
        quota.Grant(2, At("2026-02-10T00:00:00Z"));
        Assert.Equal(Quota.Hours(8), quota.Ask(1, At("2026-02-27T23:59:59Z")).MaxGrantable);
        Assert.Equal(Quota.Hours(18), quota.Ask(1, At("2026-02-28T00:00:00Z")).MaxGrantable);
        Assert.Equal(Quota.Hours(25), quota.Ask(1, At("2026-03-31T00:00:00Z")).MaxGrantable);
    }

    [Fact]
    public void A_rolling_window_is_never_too_short_and_at_most_one_resolution_too_long()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"rolling","duration":"PT24H","resolution":"PT1H"},"limit":{"gpuHours":"2"}
            """
        );
        quota.Grant(1, Quota.Noon.AddMinutes(30));
        quota.Grant(1, Quota.Noon.AddHours(6));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, Quota.Noon.AddHours(24.5)));
        Assert.Equal(Quota.Noon.AddHours(25), quota.Ask(1, Quota.Noon.AddHours(24)).Evaluations[0].ResetsAt);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, Quota.Noon.AddHours(25)));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(2, Quota.Noon.AddHours(25)));
    }

    [Fact]
    public void A_window_from_first_use_begins_with_what_is_counted_first()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"first-use","duration":"PT48H"},"limit":{"gpuHours":"2"}
            """
        );
        Assert.Null(quota.Ask(1).Evaluations[0].ResetsAt);
        quota.Grant(1);
        quota.Grant(1, Quota.Noon.AddHours(47));
        Assert.Equal(Quota.Noon.AddHours(48), quota.Ask(1, Quota.Noon.AddHours(47)).Evaluations[0].ResetsAt);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, Quota.Noon.AddHours(48).AddMilliseconds(-1)));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(2, Quota.Noon.AddHours(48)));
    }

    [Fact]
    public void A_hold_approved_after_its_window_ended_takes_nothing_from_the_next()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"first-use","duration":"PT48H"},"limit":{"gpuHours":"2"}
            """
        );
        var later = Quota.Noon.AddHours(50);
        quota.Grant(1);
        quota.Hold(1, Quota.Noon.AddHours(40));
        quota.Happens(QuotaFact.HoldReleased(later, Quota.Noon.AddHours(40), Quota.Hours(1), default, 1, isWhole: true));
        quota.Happens(QuotaFact.Granted(later, Quota.Noon.AddHours(40), Quota.Hours(1), default, 1));
        Assert.Equal(Quota.Hours(2), quota.Ask(1, later).MaxGrantable);
        Assert.Null(quota.Ask(1, later).Evaluations[0].ResetsAt);
    }

    [Fact]
    public void A_lifetime_limit_never_resets()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"2"}
            """
        );
        quota.Grant(1);
        quota.Hold(1);
        var held = quota.Ask(1, Quota.Noon.AddYears(10)).Evaluations[0];
        Assert.Equal((true, true, (DateTimeOffset?)null), (held.IsBreached, held.IsRetryable, held.ResetsAt));
        Assert.False(quota.Ask(2).Evaluations[0].IsRetryable);
    }

    [Fact]
    public void Unused_amounts_carry_over_up_to_the_maximum()
    {
        var quota = Quota.Since(
            At("2026-01-05T00:00:00Z"),
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month","carryOver":{"max":{"gpuHours":"15"}}},
            "limit":{"gpuHours":"10"}
            """
        );
        quota.Grant(2, At("2026-01-10T00:00:00Z"));
        Assert.Equal(Quota.Hours(18), quota.Ask(1, At("2026-02-10T00:00:00Z")).MaxGrantable);
        Assert.Equal(Quota.Hours(25), quota.Ask(1, At("2026-03-10T00:00:00Z")).MaxGrantable);
        Assert.Equal(Quota.Seconds(15), quota.Ask(1, At("2026-12-10T00:00:00Z")).Evaluations[0].Carried);
    }

    [Fact]
    public void A_minimum_is_carried_even_when_everything_was_used()
    {
        var quota = Quota.Since(
            At("2026-01-05T00:00:00Z"),
            """
            "measure":"gpu-hours-granted",
            "window":{"kind":"calendar","unit":"month","carryOver":{"min":{"gpuHours":"3"},"max":{"gpuHours":"15"}}},"limit":{"gpuHours":"10"}
            """
        );
        quota.Grant(10, At("2026-01-10T00:00:00Z"));
        Assert.Equal(Quota.Hours(13), quota.Ask(1, At("2026-02-10T00:00:00Z")).MaxGrantable);
    }

    [Fact]
    public void What_carry_over_may_bring_later_is_retryable()
    {
        var quota = Quota.Since(
            At("2026-03-01T12:00:00Z"),
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month","carryOver":{"max":{"gpuHours":"5"}}},
            "limit":{"gpuHours":"10"}
            """
        );
        Assert.True(quota.Ask(15).Evaluations[0].IsRetryable);
        Assert.False(quota.Ask(15.01m).Evaluations[0].IsRetryable);
    }

    [Fact]
    public void Refunds_go_back_to_the_window_they_came_from()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","refund":true,"window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"10"}
            """
        );
        quota.Grant(10, At("2026-01-10T00:00:00Z"));
        quota.Grant(4, At("2026-02-10T00:00:00Z"));
        quota.Happens(QuotaFact.Returned(At("2026-02-11T00:00:00Z"), At("2026-01-10T00:00:00Z"), Quota.Hours(10), default));
        Assert.Equal(Quota.Hours(6), quota.Ask(1, At("2026-02-12T00:00:00Z")).MaxGrantable);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
