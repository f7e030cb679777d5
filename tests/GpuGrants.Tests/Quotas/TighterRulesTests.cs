namespace GpuGrants.Tests.Quotas;

public sealed class TighterRulesTests
{
    private const string Counted = """
        "measure":"gpu-hours-granted","window":{"kind":"per-request"},"outcome":"review"
        """;

    private static readonly string Kept = Quota.Rule($$"""{{Counted}},"limit":{"gpuHours":"20"},"approvals":{"count":3}""");

    [Theory]
    [InlineData(
        """
            "limit":{"gpuHours":"20"},"approvals":{"count":3}
            """,
        1
    )]
    [InlineData(
        """
            "limit":{"gpuHours":"10"},"approvals":{"count":4,"by":["programme-reviewer"]}
            """,
        1
    )]
    [InlineData(
        """
            "limit":{"gpuHours":"21"},"approvals":{"count":3}
            """,
        3
    )]
    [InlineData(
        """
            "limit":{"gpuHours":"20"},"approvals":{"count":2}
            """,
        3
    )]
    [InlineData(
        """
            "limit":{"gpuHours":"20"},"approvals":{"count":3},"increaseCeiling":{"gpuHours":"90"}
            """,
        3
    )]
    [InlineData(
        """
            "limit":{"gpuHours":"20"},"approvals":{"count":3},"filter":{"tags":["a"]}
            """,
        3
    )]
    public void A_version_needs_as_many_people_as_the_rule_that_it_loosens(string members, int needed) =>
        Assert.Equal(needed, Needed(Kept, Quota.Rule($"{Counted},{members}")));

    [Fact]
    public void Loosening_any_rule_beside_one_that_asks_for_several_needs_them_all()
    {
        var monthly = (int hours) =>
            Quota.Rule(
                $$"""
                "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"{{hours}}"}
                """,
                "monthly"
            );
        Assert.Equal(1, Compare([Kept, monthly(20)], [Kept, monthly(19)]));
        Assert.Equal(3, Compare([Kept, monthly(20)], [Kept, monthly(21)]));
        Assert.Equal(3, Compare([Kept, monthly(20)], [Kept]));
        Assert.Equal(1, Compare([Kept], [Kept, monthly(20)]));
        Assert.Equal(1, Compare([monthly(20)], [monthly(99)]));
    }

    [Fact]
    public void A_version_that_only_observes_or_carries_more_over_is_looser()
    {
        var document = Quota.Document(Kept);
        Assert.Equal(3, TighterRules.ApprovalsNeeded(Parse(Kept), PolicyParser.Parse(document.Insert(1, "\"shadow\":true,")).Document));
        var carrying = (int most) =>
            Quota.Rule(
                $$"""
                "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month","carryOver":{"max":{"gpuHours":"{{most}}"} } },
                "limit":{"gpuHours":"20"}
                """,
                "monthly"
            );
        Assert.Equal(1, Compare([Kept, carrying(5)], [Kept, carrying(5)]));
        Assert.Equal(3, Compare([Kept, carrying(5)], [Kept, carrying(6)]));
    }

    [Fact]
    public void A_policy_is_retired_by_as_many_people_as_its_rules_ask_for() =>
        Assert.Equal(3, TighterRules.ApprovalsNeeded(Parse(Kept), null));

    private static int Needed(string older, string newer) => Compare([older], [newer]);

    private static int Compare(string[] older, string[] newer) => TighterRules.ApprovalsNeeded(Parse(older), Parse(newer));

    private static PolicyDocument Parse(params string[] rules) => PolicyParser.Parse(Quota.Document(rules)).Document!;
}
