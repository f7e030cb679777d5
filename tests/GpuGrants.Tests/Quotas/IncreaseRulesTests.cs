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

    [Fact]
    public void An_earlier_increase_is_what_stands_and_is_named_to_be_ended()
    {
        var earlier = Quota.Override(OverrideEffect.Replace, Quota.Seconds(40));
        var boost = Quota.Override(OverrideEffect.Multiply, 3_000);
        var decision = Decide(Quota.OfRule(WithCeiling, earlier, boost), Quota.Seconds(45));
        Assert.Equal((IncreaseVerdict.Approve, Quota.Seconds(40), earlier.Id), (decision.Verdict, decision.Present, decision.Replaces?.Id));
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
