using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>What each measure counts.</summary>
public class MeasureTests
{
    private const string Lifetime = """ "window":{"kind":"lifetime"},""";
    private const string Concurrent = """ "window":{"kind":"concurrent"},""";

    [Fact]
    public void Granted_hours_count_grants_and_holds()
    {
        var quota = Quota.OfRule(Lifetime + """ "measure":"gpu-hours-granted","limit":{"gpuHours":"10"}""");
        quota.Grant(4);
        quota.Hold(3);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(3));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(3.01m));
    }

    [Fact]
    public void Granted_credits_count_hours_at_their_rate()
    {
        var quota = Quota.OfRule(Lifetime + """ "measure":"credits-granted","limit":{"credits":"10"}""");
        quota.Grant(2, rate: 2.5m);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(2, rate: 2.5m));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(2.01m, rate: 2.5m));
        Assert.Equal(Quota.Hours(1.66m), quota.Ask(5, rate: 3).MaxGrantable);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1_000, rate: 0));
    }

    [Fact]
    public void Used_hours_count_reports_and_not_grants()
    {
        var quota = Quota.OfRule(Lifetime + """ "measure":"gpu-hours-used","limit":{"gpuHours":"10"}""");
        quota.Grant(100);
        quota.Happens(QuotaFact.Used(Quota.Noon, Quota.Noon, Quota.Hours(6)));
        Assert.Equal(Quota.Hours(4), quota.Ask(5).MaxGrantable);
    }

    [Fact]
    public void Active_grants_count_until_they_end()
    {
        var quota = Quota.OfRule(Concurrent + """ "measure":"active-grants","limit":{"count":2}""");
        quota.Grant(1);
        quota.Hold(1);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1));
        quota.Happens(QuotaFact.GrantEnded(Quota.Noon, Quota.Noon, 1));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1));
    }

    [Fact]
    public void Awarded_grants_count_for_ever()
    {
        var quota = Quota.OfRule(Lifetime + """ "measure":"grants-awarded","limit":{"count":1}""");
        quota.Grant(1);
        quota.Happens(QuotaFact.GrantEnded(Quota.Noon, Quota.Noon, 1));
        var evaluation = quota.Ask(1).Evaluations[0];
        Assert.Equal((true, false), (evaluation.IsBreached, evaluation.IsRetryable));
    }

    [Fact]
    public void Concurrent_GPUs_count_what_may_run_at_once()
    {
        var quota = Quota.OfRule(Concurrent + """ "measure":"concurrent-gpus","limit":{"count":8}""");
        quota.Grant(1, gpus: 4);
        quota.Hold(1, gpus: 2);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, gpus: 2));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, gpus: 3));
        Assert.True(quota.Ask(1, gpus: 3).MaxGrantable.IsZero);
    }

    [Fact]
    public void Open_requests_count_until_they_are_closed()
    {
        var quota = Quota.OfRule(Concurrent + """ "measure":"open-requests","limit":{"count":1}""");
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1));
        Assert.True(quota.Ask(1).Evaluations[0].IsRetryable);
        quota.Happens(QuotaFact.RequestClosed(Quota.Noon, Quota.Noon));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1));
    }

    [Fact]
    public void Requests_made_count_whatever_became_of_them_so_that_they_can_cool_down()
    {
        var quota = Quota.OfRule(""" "measure":"requests-made","window":{"kind":"rolling","duration":"PT1H"},"limit":{"count":1}""");
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        quota.Happens(QuotaFact.RequestClosed(Quota.Noon, Quota.Noon));
        var denied = quota.Ask(1, Quota.Noon.AddMinutes(30)).Evaluations[0];
        Assert.Equal((true, true), (denied.IsBreached, denied.IsRetryable));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, denied.ResetsAt));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, denied.ResetsAt!.Value.AddMilliseconds(-1)));
    }

    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 4)]
    public void Unused_hours_come_back_only_where_the_rule_refunds(bool refund, int left)
    {
        var quota = Quota.OfRule(
            Lifetime + $$""" "measure":"gpu-hours-granted","limit":{"gpuHours":"10"},"refund":{{(refund ? "true" : "false")}}"""
        );
        quota.Grant(6);
        quota.Happens(QuotaFact.Returned(Quota.Noon, Quota.Noon, Quota.Hours(6), Credits.Zero));
        Assert.Equal(Quota.Hours(left), quota.Ask(1).MaxGrantable);
    }

    [Fact]
    public void A_hold_that_is_approved_in_part_keeps_only_that_part()
    {
        var quota = Quota.OfRule(Lifetime + """ "measure":"gpu-hours-granted","limit":{"gpuHours":"10"}""");
        quota.Hold(8);
        quota.Happens(QuotaFact.HoldReleased(Quota.Noon.AddDays(1), Quota.Noon, Quota.Hours(8), Credits.Zero, 1, isWhole: true));
        quota.Happens(QuotaFact.Granted(Quota.Noon.AddDays(1), Quota.Noon, Quota.Hours(3), Credits.Zero, 1));
        Assert.Equal((Quota.Seconds(3), 0L), (quota.Ask(1).Evaluations[0].Used, quota.Ask(1).Evaluations[0].Held));
    }

    [Fact]
    public void A_cap_per_request_remembers_nothing_and_never_passes_later()
    {
        var quota = Quota.OfRule(""" "measure":"gpu-hours-granted","window":{"kind":"per-request"},"limit":{"gpuHours":"10"}""");
        quota.Grant(10);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(10));
        Assert.False(quota.Ask(11).Evaluations[0].IsRetryable);
    }
}
