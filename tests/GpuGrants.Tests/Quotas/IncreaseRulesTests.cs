namespace GpuGrants.Tests.Quotas;

public class IncreaseRulesTests
{
    private const string Hours = """ "measure":"gpu-hours-granted","window":{"kind":"per-request"},"limit":{"gpuHours":"20"}""";
    private const string WithCeiling = Hours + ""","increaseCeiling":{"gpuHours":"50"}""";

    [Theory]
    [InlineData(WithCeiling, 50, IncreaseVerdict.Approve, "within-ceiling")]
    [InlineData(WithCeiling, 51, IncreaseVerdict.Review, "above-ceiling")]
    [InlineData(WithCeiling, 20, IncreaseVerdict.Refuse, "not-higher")]
    [InlineData(Hours, 21, IncreaseVerdict.Review, "no-ceiling")]
    public void The_ceiling_divides_rule_from_person(string rule, int hours, IncreaseVerdict verdict, string code)
    {
        var decision = Decide(Quota.OfRule(rule), Quota.Seconds(hours));
        Assert.Equal((verdict, code, Quota.Seconds(20)), (decision.Verdict, decision.Code, decision.Present));
    }

    [Fact]
    public void A_limit_that_a_person_lowered_is_raised_by_a_person_only()
    {
        var lowered = Quota.Override(OverrideEffect.Replace, Quota.Seconds(5));
        var decision = Decide(Quota.OfRule(WithCeiling, lowered), Quota.Seconds(10));
        Assert.Equal((IncreaseVerdict.Review, "lowered"), (decision.Verdict, decision.Code));
    }

    [Theory]
    [InlineData(OverrideEffect.Replace, 36_000, 10)]
    [InlineData(OverrideEffect.Multiply, 500, 10)]
    [InlineData(OverrideEffect.Add, -36_000, 10)]
    public void While_an_override_lowers_the_limit_by_whatever_effect_a_person_decides(OverrideEffect effect, long amount, int present)
    {
        var lowered = Quota.Override(effect, amount, Quota.Noon.AddDays(-1), Quota.Noon.AddDays(1));
        var quota = Quota.OfRule(WithCeiling, lowered);
        // Above what is left of the limit, below the limit itself.
        var decision = Decide(quota, Quota.Seconds(15));
        Assert.Equal((IncreaseVerdict.Review, "lowered", Quota.Seconds(present)), (decision.Verdict, decision.Code, decision.Present));
        Assert.Equal(lowered.Id, decision.Ends.Single().Id);
        Assert.Equal("not-higher", Decide(quota, Quota.Seconds(present)).Code);
        var over = Quota.OfRule(WithCeiling, lowered with { ExpiresAt = Quota.Noon });
        Assert.Equal((IncreaseVerdict.Approve, Quota.Seconds(20)), (Decide(over, Quota.Seconds(50)).Verdict, Decide(over, 0).Present));
    }

    [Fact]
    public void Overrides_of_other_periods_neither_block_an_increase_nor_change_its_limit()
    {
        QuotaOverride[] later =
        [
            Quota.Override(OverrideEffect.Replace, Quota.Seconds(5), Quota.Noon.AddDays(10), Quota.Noon.AddDays(20)),
            Quota.Override(OverrideEffect.Replace, Quota.Seconds(70), Quota.Noon.AddDays(30), Quota.Noon.AddDays(40)),
            Quota.Override(OverrideEffect.Replace, Quota.Seconds(90), Quota.Noon.AddDays(-9), Quota.Noon),
            Quota.Override(OverrideEffect.Multiply, 100, Quota.Noon.AddDays(5), Quota.Noon.AddDays(6)),
        ];
        var decision = Decide(Quota.OfRule(WithCeiling, later), Quota.Seconds(50));
        Assert.Equal((IncreaseVerdict.Approve, Quota.Seconds(20)), (decision.Verdict, decision.Present));
        Assert.Empty(decision.Ends);
        Assert.Equal([(0, 10), (20, 30), (40, null)], Periods(later));
        Assert.Equal([(0, 10)], Periods(later[0] with { ExpiresAt = null }));
        Assert.Equal([(0, null)], Periods(later[2], later[3]));

        static IEnumerable<(int, int?)> Periods(params QuotaOverride[] overrides) =>
            IncreaseRules
                .Periods(overrides, Quota.Noon)
                .Select(one => ((one.From - Quota.Noon).Days, one.Until is { } until ? (until - Quota.Noon).Days : (int?)null));
    }

    [Fact]
    public void An_earlier_increase_is_what_stands_and_is_named_to_be_ended()
    {
        var earlier = Quota.Override(OverrideEffect.Replace, Quota.Seconds(40));
        var given = Quota.Override(OverrideEffect.Multiply, 3_000);
        var decision = Decide(Quota.OfRule(WithCeiling, earlier, given), Quota.Seconds(45));
        Assert.Equal(
            (IncreaseVerdict.Approve, Quota.Seconds(40), earlier.Id),
            (decision.Verdict, decision.Present, decision.Ends.Single().Id)
        );
    }

    [Fact]
    public void What_does_not_fit_or_is_shared_is_refused()
    {
        Assert.Equal("too-large", Decide(Quota.OfRule(Hours), QuotaUnits.MaxLimit + 1).Code);
        var shared = Quota.Published(Examples.Json("enterprise-leftovers"));
        Assert.Equal(
            "shared-limit",
            IncreaseRules.Decide(Quota.Of(shared).Compiled.Rules[0], SubjectId.Of(Quota.Root), 1, Quota.Noon).Code
        );
    }

    private static IncreaseDecision Decide(Quota quota, long wanted) =>
        IncreaseRules.Decide(quota.Compiled.Rules[0], SubjectId.Of(Quota.Organization), wanted, Quota.Noon);
}
