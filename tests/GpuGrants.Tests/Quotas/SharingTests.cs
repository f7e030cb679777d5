namespace GpuGrants.Tests.Quotas;

/// <summary>Quota shared between programmes, in the semantics of Kueue's cohorts.</summary>
public class SharingTests
{
    private static readonly Guid A = Quota.Programme;
    private static readonly Guid B = Quota.Other;
    private static readonly QuotaContext InA = Quota.Startup;
    private static readonly QuotaContext InB = Quota.Startup with { ProgrammePath = [B, Quota.Root] };

    [Fact]
    public void A_programme_may_use_what_its_siblings_leave()
    {
        var quota = Shared(Node(A, 10), Node(B, 10));
        Assert.Equal(Quota.Hours(20), quota.Ask(1, by: InA).MaxGrantable);
        quota.Grant(4, by: InB);
        Assert.Equal(Quota.Hours(16), quota.Ask(1, by: InA).MaxGrantable);
    }

    [Fact]
    public void Borrowing_stops_at_the_borrowing_limit()
    {
        var quota = Shared(Node(A, 10, borrowing: 3), Node(B, 10));
        Assert.Equal(Quota.Hours(13), quota.Ask(1, by: InA).MaxGrantable);
        Assert.Equal(Quota.Hours(20), quota.Ask(1, by: InB).MaxGrantable);
    }

    [Fact]
    public void A_lender_keeps_what_it_does_not_lend()
    {
        var quota = Shared(Node(A, 10), Node(B, 10, lending: 4));
        Assert.Equal(Quota.Hours(14), quota.Ask(1, by: InA).MaxGrantable);
        quota.Grant(14, by: InA);
        Assert.Equal(Quota.Hours(6), quota.Ask(1, by: InB).MaxGrantable);
        Assert.True(quota.Ask(0.01m, by: InA).MaxGrantable.IsZero);
    }

    [Fact]
    public void As_soon_as_a_lender_wants_its_own_back_new_borrowing_stops()
    {
        var quota = Shared(Node(A, 10), Node(B, 10));
        quota.Grant(12, by: InA);
        quota.Grant(8, by: InB);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(0.01m, by: InA));
        quota.Happens(QuotaFact.Returned(Quota.Noon, Quota.Noon, Quota.Hours(5), default), InA);
        Assert.Equal(Quota.Hours(5), quota.Ask(1, by: InB).MaxGrantable);
    }

    [Fact]
    public void The_bound_of_every_ancestor_is_checked()
    {
        var child = Guid.Parse("00000000-0000-7000-8000-0000000000c9");
        var quota = Shared(Node(A, 10, borrowing: 2), Node(B, 10), Node(child, 1, parent: A));
        var inChild = Quota.Startup with { ProgrammePath = [child, A, Quota.Root] };
        Assert.Equal(Quota.Hours(13), quota.Ask(1, by: inChild).MaxGrantable);
        quota.Grant(9, by: InB);
        Assert.Equal(Quota.Hours(12), quota.Ask(1, by: inChild).MaxGrantable);
    }

    [Fact]
    public void A_programme_that_is_not_named_uses_the_quota_of_the_nearest_above()
    {
        var quota = Shared(Node(A, 10, borrowing: 0), Node(B, 10));
        quota.Grant(4, by: Quota.Startup with { ProgrammePath = [Guid.Parse("00000000-0000-7000-8000-0000000000c9"), A, Quota.Root] });
        Assert.Equal(Quota.Hours(6), quota.Ask(1, by: InA).MaxGrantable);
    }

    [Fact]
    public void What_a_sibling_uses_now_may_be_free_later_and_what_never_was_there_may_not()
    {
        var quota = Shared(Node(A, 0), Node(B, 10));
        quota.Grant(10, by: InB);
        var evaluation = quota.Ask(5, by: InA).Evaluations[0];
        Assert.Equal((true, true, 0L, 0L), (evaluation.IsBreached, evaluation.IsRetryable, evaluation.Limit, evaluation.Remaining));
        Assert.False(quota.Ask(10.01m, by: InA).Evaluations[0].IsRetryable);
    }

    [Fact]
    public void An_override_changes_what_one_programme_brings_in_while_it_is_in_force()
    {
        var more = Quota.Override(OverrideEffect.Add, Quota.Seconds(5), Quota.Noon, Quota.Noon.AddDays(1), subject: A);
        var quota = Shared([more], Node(A, 10), Node(B, 10, lending: 4));
        Assert.Equal(Quota.Hours(14), quota.Ask(1, Quota.Noon.AddHours(-1), InA).MaxGrantable);
        Assert.Equal(Quota.Hours(19), quota.Ask(1, by: InA).MaxGrantable);
        Assert.Equal(Quota.Hours(25), quota.Ask(1, by: InB).MaxGrantable);
        Assert.Equal(Quota.Hours(14), quota.Ask(1, Quota.Noon.AddDays(1), InA).MaxGrantable);
        // The decision of one programme pins the override of the other.
        var snapshot = DecisionSnapshot.Take(quota.Compiled.Match(InB), Quota.AskFor(26), quota.Counters, Quota.Noon);
        var again = DecisionSnapshot.FromBytes(snapshot.ToBytes()).Replay([Policy(Node(A, 10), Node(B, 10, lending: 4))]);
        Assert.Equal(Quota.Hours(25), again.MaxGrantable);
    }

    private static Quota Shared(params string[] nodes) => Shared([], nodes);

    private static Quota Shared(QuotaOverride[] overrides, params string[] nodes) => Quota.Of([Policy(nodes)], overrides, []);

    private static PublishedPolicy Policy(params string[] nodes) => Quota.Published(Quota.Document(Quota.Rule(Members(nodes))));

    private static string Members(string[] nodes) =>
        $$"""
            "subject":{"level":"programme"},"measure":"gpu-hours-granted","refund":true,"window":{"kind":"lifetime"},
            "sharing":{"nodes":[{"programmeId":"{{Quota.Root}}","nominal":{"gpuHours":"0"} },{{string.Join(',', nodes)}}]}
            """;

    private static string Node(Guid id, int nominal, int? borrowing = null, int? lending = null, Guid? parent = null) =>
        $"{{\"programmeId\":\"{id}\",\"parentId\":\"{parent ?? Quota.Root}\"{Limit("nominal", nominal)}{Limit("borrowingLimit", borrowing)}{Limit("lendingLimit", lending)}}}";

    private static string Limit(string name, int? hours) => hours is null ? "" : $",\"{name}\":{{\"gpuHours\":{hours}}}";
}
