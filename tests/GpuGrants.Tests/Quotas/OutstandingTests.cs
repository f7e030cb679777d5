using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>A limit on use counts what grants may still use.</summary>
public class OutstandingTests
{
    private static readonly DateTimeOffset Noon = Quota.Noon;

    [Fact]
    public void What_was_granted_counts_until_it_is_used_or_returned()
    {
        var quota = Monthly("20");
        var life = Quota.Life(0, 10);
        quota.Grant(life, 15);
        var asked = Ask(quota, life, 6);
        Assert.Equal((true, 15, 5), (asked.IsBreached, Hours(asked.Held), Hours(asked.Remaining)));
        quota.Happens(QuotaFact.Used(Noon.AddHours(9), Noon.AddHours(9), Quota.Hours(9)).Of(life, Quota.Hours(15)));
        asked = Ask(quota, life, 6);
        Assert.Equal((9, 6, 5), (Hours(asked.Used), Hours(asked.Held), Hours(asked.Remaining)));
        quota.Happens(QuotaFact.Returned(Noon.AddHours(9), Noon, Quota.Hours(6), default).Of(life, Quota.Hours(6)));
        Assert.Equal((9, 0, 11), Standing(Ask(quota, life, 6)));
    }

    [Fact]
    public void A_window_counts_at_most_what_the_gpus_can_use_in_it()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"day"}""", "30");
        // Midnight in Seoul comes three hours after noon in London.
        quota.Grant(Quota.Life(0, 10), 100);
        Assert.Equal((0, 3, 27), Standing(Ask(quota, new GrantLife(Noon, Noon.AddHours(1), 1), 1)));
        Assert.Equal((0, 24, 6), Standing(Ask(quota, Quota.Life(1, 2), 10)));
        Assert.Equal((0, 0, 30), Standing(Ask(quota, Quota.Life(20, 21), 10)));
    }

    [Fact]
    public void A_request_counts_in_each_window_that_its_dates_overlap()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"month"}""", "20");
        quota.Grant(Quota.Life(35, 40), 15);
        Assert.Equal(QuotaVerdict.Deny, Verdict(quota, Quota.Life(0, 40), 6));
        Assert.Equal(QuotaVerdict.Approve, Verdict(quota, Quota.Life(0, 20), 20));
        Assert.Equal(QuotaVerdict.Approve, Verdict(quota, Quota.Life(0, 40), 5));
    }

    [Fact]
    public void A_limit_that_the_gpus_cannot_reach_allows_any_amount()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"day"}""", "24");
        var life = Quota.Life(0, 10);
        Assert.Equal(GpuTime.MaxSeconds, Decide(quota, life, 240).MaxGrantable.Seconds);
        Assert.Equal(QuotaVerdict.Deny, Verdict(quota, life with { Gpus = 2 }, 25));
        Assert.Equal(Quota.Hours(24), Decide(quota, life with { Gpus = 2 }, 25).MaxGrantable);
    }

    [Fact]
    public void A_grant_that_ends_early_frees_the_windows_after_its_end()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"day"}""", "24");
        var life = Quota.Life(0, 10);
        quota.Grant(life, 200);
        Assert.Equal(QuotaVerdict.Deny, Verdict(quota, Quota.Life(3, 4), 1));
        var end = Noon.AddDays(1);
        quota.Happens(QuotaFact.Returned(end, Noon, Quota.Hours(176), default).Of(life, Quota.Hours(200)));
        quota.Happens(QuotaFact.GrantEnded(end, Noon, 1).Of(life, Quota.Hours(24)));
        Assert.Equal(QuotaVerdict.Approve, Verdict(quota, Quota.Life(3, 4), 24));
    }

    [Fact]
    public void Use_across_the_boundary_of_windows_counts_in_each_for_its_part()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"day"}""", "24");
        quota.Happens(QuotaFact.Used(Noon.AddHours(5), Noon.AddHours(5), Quota.Hours(4)).Since(Noon.AddHours(1)));
        Assert.Equal(2, Hours(quota.Ask(1, Noon.AddHours(5)).Evaluations[0].Used));
        quota.Happens(QuotaFact.Unused(Noon.AddHours(5), Noon.AddHours(5), Quota.Hours(4)).Since(Noon.AddHours(1)));
        Assert.Equal(0, Hours(quota.Ask(1, Noon.AddHours(5)).Evaluations[0].Used));
    }

    [Fact]
    public void A_moving_window_counts_all_that_is_outstanding()
    {
        var quota = Quota.OfUse("""{"kind":"rolling","duration":"P7D"}""", "20");
        quota.Grant(Quota.Life(0, 3), 15);
        Assert.Equal(QuotaVerdict.Deny, Verdict(quota, Quota.Life(5, 8), 6));
        Assert.Equal(QuotaVerdict.Approve, Verdict(quota, Quota.Life(5, 8), 5));
    }

    private static Quota Monthly(string hours) => Quota.OfUse("""{"kind":"calendar","unit":"month"}""", hours);

    private static QuotaDecision Decide(Quota quota, GrantLife life, decimal hours) =>
        QuotaDecision.Decide(
            quota.Compiled.Match(Quota.Startup with { Gpus = life.Gpus }),
            Quota.AskFor(hours, gpus: life.Gpus) with
            {
                Life = life,
            },
            quota.Counters,
            Noon
        );

    private static QuotaVerdict Verdict(Quota quota, GrantLife life, decimal hours) => Decide(quota, life, hours).Verdict;

    private static QuotaEvaluation Ask(Quota quota, GrantLife life, decimal hours) => Decide(quota, life, hours).Evaluations[0];

    private static (int Used, int Held, int Remaining) Standing(QuotaEvaluation one) =>
        (Hours(one.Used), Hours(one.Held), Hours(one.Remaining));

    private static int Hours(long seconds) => (int)(seconds / 3_600);
}
