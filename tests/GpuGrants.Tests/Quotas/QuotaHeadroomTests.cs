namespace GpuGrants.Tests.Quotas;

public class QuotaHeadroomTests
{
    private static IReadOnlyList<QuotaEvaluation> HeadroomOf(Quota quota, DateTimeOffset now) =>
        QuotaDecision.HeadroomOf(quota.Compiled.MatchSubject(Quota.Startup), quota.Counters, now);

    [Fact]
    public void Headroom_tells_every_amount_of_a_rule_with_overrides_and_holds()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
            """,
            Quota.Override(OverrideEffect.Add, Quota.Seconds(10))
        );
        quota.Grant(5);
        quota.Hold(2);
        var one = Assert.Single(HeadroomOf(quota, Quota.Noon));
        Assert.Equal(
            ("r", Quota.Policy, 1, SubjectId.Of(Quota.Organization)),
            (one.Rule.Rule.Id, one.Rule.Policy.PolicyId, one.Rule.Policy.Version, one.Subject)
        );
        Assert.Equal((QuotaMeasure.GpuHoursGranted, "calendar"), (one.Rule.Rule.Measure, one.Rule.Rule.Window.Kind));
        Assert.Equal(
            (Quota.Seconds(30), Quota.Seconds(5), Quota.Seconds(2), 0L, Quota.Seconds(23)),
            (one.Limit, one.Used, one.Held, one.Carried, one.Remaining)
        );
        Assert.Equal(new DateTimeOffset(2026, 3, 31, 15, 0, 0, TimeSpan.Zero), one.ResetsAt);
        Assert.Equal(BreachOutcome.Deny, one.Outcome);
    }

    [Fact]
    public void Headroom_tells_what_earlier_windows_left()
    {
        var quota = Quota.Since(
            Quota.Noon.AddDays(-30),
            """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month","carryOver":{"max":{"gpuHours":"6"}}},
            "limit":{"gpuHours":"10"}
            """
        );
        quota.Grant(1, Quota.Noon.AddDays(-30));
        var one = Assert.Single(HeadroomOf(quota, Quota.Noon));
        Assert.Equal((Quota.Seconds(16), Quota.Seconds(6), Quota.Seconds(16)), (one.Limit, one.Carried, one.Remaining));
    }

    [Fact]
    public void Conditions_on_the_request_are_taken_as_met_and_conditions_on_the_organization_are_not()
    {
        var quota = Quota.Of(
            Quota.Document(
                Quota.Rule(
                    """ "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"filter":{"gpuModels":["b200"],"tags":["x"],"regions":["us"]} """,
                    "gpu"
                ),
                Quota.Rule(
                    """ "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"filter":{"verified":false} """,
                    "verified"
                ),
                Quota.Rule(
                    """ "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"subject":{"level":"organization","kinds":["student"]} """,
                    "kind"
                )
            )
        );
        Assert.Equal("gpu", Assert.Single(HeadroomOf(quota, Quota.Noon)).Rule.Rule.Id);
    }

    [Fact]
    public void Rules_not_in_force_are_left_out()
    {
        var later = Quota.Published(
            Quota.Document(
                Quota.Rule(
                    """
                    "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1}
                    """
                )
            )
        ) with
        {
            EffectiveFrom = Quota.Noon,
        };
        var quota = Quota.Of(later);
        Assert.Empty(HeadroomOf(quota, Quota.Noon.AddTicks(-1)));
        Assert.Single(HeadroomOf(quota, Quota.Noon));
    }

    [Fact]
    public void Headroom_agrees_with_what_a_request_gets()
    {
        var quota = Quota.OfRule(
            """
            "measure":"gpu-hours-granted","window":{"kind":"rolling","duration":"P7D"},"limit":{"gpuHours":"20"}
            """
        );
        quota.Grant(5);
        var remaining = Assert.Single(HeadroomOf(quota, Quota.Noon)).Remaining;
        Assert.Equal(remaining, quota.Ask(1).MaxGrantable.Seconds);
    }
}
