namespace GpuGrants.Tests.Quotas;

/// <summary>Exceptions for one subject.</summary>
public class OverrideTests
{
    private const string Twenty = """ "measure":"gpu-hours-granted","window":{"kind":"per-request"},"limit":{"gpuHours":"20"}""";

    [Theory]
    [InlineData(OverrideEffect.Add, 36_000, 30)]
    [InlineData(OverrideEffect.Add, -36_000, 10)]
    [InlineData(OverrideEffect.Add, -360_000, 0)]
    [InlineData(OverrideEffect.Multiply, 1_500, 30)]
    [InlineData(OverrideEffect.Multiply, 0, 0)]
    [InlineData(OverrideEffect.Replace, 18_000, 5)]
    public void It_adds_multiplies_or_replaces_and_never_goes_below_nothing(OverrideEffect effect, long amount, int hours) =>
        Assert.Equal(Quota.Hours(hours), Quota.OfRule(Twenty, Quota.Override(effect, amount)).Ask(1).MaxGrantable);

    [Fact]
    public void A_replacement_is_taken_first_then_a_factor_then_a_sum()
    {
        var quota = Quota.OfRule(
            Twenty,
            Quota.Override(OverrideEffect.Add, 3_600),
            Quota.Override(OverrideEffect.Multiply, 2_000),
            Quota.Override(OverrideEffect.Replace, 18_000)
        );
        Assert.Equal(Quota.Hours(11), quota.Ask(1).MaxGrantable);
    }

    [Fact]
    public void An_override_raises_a_limit_when_it_does_so_at_any_later_moment()
    {
        var noon = Quota.Noon;
        var nothingUntilTomorrow = Quota.Override(OverrideEffect.Multiply, 0, noon, noon.AddDays(1));
        var replaced = Quota.Override(OverrideEffect.Replace, Quota.Seconds(30), noon);
        Assert.True(Raises([nothingUntilTomorrow], [nothingUntilTomorrow, replaced]));
        Assert.False(Raises([replaced], [replaced, nothingUntilTomorrow]));
        Assert.True(Raises([replaced, nothingUntilTomorrow], [replaced]));
        Assert.False(Raises([], [Quota.Override(OverrideEffect.Replace, Quota.Seconds(20), noon)]));
        Assert.False(Raises([], [Quota.Override(OverrideEffect.Add, 1, noon.AddDays(-2), noon)]));

        bool Raises(QuotaOverride[] before, QuotaOverride[] after) => LimitRules.Raises(Quota.Seconds(20), before, after, noon);
    }

    [Fact]
    public void An_override_holds_for_its_subject_and_its_time_alone()
    {
        var quota = Quota.OfRule(Twenty, Quota.Override(OverrideEffect.Add, 36_000, Quota.Noon, Quota.Noon.AddDays(1)));
        Assert.Equal(Quota.Hours(20), quota.Ask(1, Quota.Noon.AddTicks(-1)).MaxGrantable);
        Assert.Equal(Quota.Hours(30), quota.Ask(1).MaxGrantable);
        Assert.Equal(Quota.Hours(20), quota.Ask(1, by: Quota.Startup with { OrganizationId = Quota.Other }).MaxGrantable);
        Assert.Equal(Quota.Hours(20), quota.Ask(1, Quota.Noon.AddDays(1)).MaxGrantable);
    }

    [Fact]
    public void An_override_that_was_ended_early_holds_no_more()
    {
        var ended = Quota.Override(OverrideEffect.Add, 36_000, Quota.Noon, Quota.Noon.AddDays(9)) with { EndedAt = Quota.Noon.AddDays(1) };
        Assert.Equal(Quota.Hours(20), Quota.OfRule(Twenty, ended).Ask(1, Quota.Noon.AddDays(1)).MaxGrantable);
    }

    [Fact]
    public void An_override_follows_its_rule_into_the_next_version()
    {
        var next = Quota.Published(Quota.Document(Quota.Rule(Twenty)), version: 2);
        var quotas = CompiledQuotas.Compile([next], [Quota.Override(OverrideEffect.Add, 36_000)]);
        var decision = QuotaDecision.Decide(quotas.Match(Quota.Startup), Quota.AskFor(30), new CountersInMemory(), Quota.Noon);
        Assert.Equal(QuotaVerdict.Approve, decision.Verdict);
    }

    [Fact]
    public void No_override_overflows() =>
        Assert.Equal(
            QuotaUnits.MaxLimit,
            LimitRules.Apply(
                QuotaUnits.MaxLimit,
                [Quota.Override(OverrideEffect.Multiply, long.MaxValue), Quota.Override(OverrideEffect.Add, long.MaxValue)],
                Quota.Noon
            )
        );

    [Fact]
    public void A_group_and_a_kind_have_overrides_of_their_own()
    {
        const string kinds =
            """ "subject":{"level":"organization-kind"},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"20"}""";
        var given = Quota.Override(OverrideEffect.Add, 36_000) with { SubjectId = "startup" };
        Assert.Equal(Quota.Hours(30), Quota.OfRule(kinds, given).Ask(1).MaxGrantable);
        Assert.Equal(
            Quota.Hours(20),
            Quota.OfRule(kinds, given).Ask(1, by: Quota.Startup with { OrganizationKind = "student" }).MaxGrantable
        );
    }
}
