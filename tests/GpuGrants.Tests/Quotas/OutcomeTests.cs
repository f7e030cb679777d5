using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>What all rules together decide.</summary>
public class OutcomeTests
{
    private const string Deny10 = """ "measure":"gpu-hours-granted","window":{"kind":"per-request"},"limit":{"gpuHours":"10"}""";

    [Theory]
    [InlineData(4, QuotaVerdict.Approve)]
    [InlineData(6, QuotaVerdict.Review)]
    [InlineData(11, QuotaVerdict.Deny)]
    public void Deny_wins_over_review_and_review_over_approval(int hours, QuotaVerdict verdict)
    {
        var quota = Quota.Of(
            Quota.Document(
                Quota.Rule(Deny10, "most"),
                Quota.Rule(Limit("5", "review"), "review"),
                Quota.Rule(Limit("1", "shadow"), "shadow")
            )
        );
        var decision = quota.Ask(hours);
        Assert.Equal(verdict, decision.Verdict);
        Assert.Equal(3, decision.Evaluations.Count);
        Assert.Equal(Quota.Hours(5), decision.MaxGrantable);
        Assert.True(decision.Evaluations.Single(one => one.Outcome == BreachOutcome.Shadow).IsBreached);
    }

    [Fact]
    public void A_policy_in_shadow_counts_and_reports_and_enforces_nothing()
    {
        var document = Quota.Document(Quota.Rule(Deny10, "most"), Quota.Rule(Limit("5", "review"), "review"));
        var quota = Quota.Of(document.Replace("{\"rules\"", "{\"shadow\":true,\"rules\"", StringComparison.Ordinal));
        var decision = quota.Ask(11);
        Assert.Equal((QuotaVerdict.Approve, GpuTime.MaxSeconds), (decision.Verdict, decision.MaxGrantable.Seconds));
        Assert.Equal([true, true], decision.Evaluations.Select(one => one.IsBreached));
        Assert.All(decision.Evaluations, one => Assert.Equal(BreachOutcome.Shadow, one.Outcome));
        Assert.Contains("shadow when breached", QuotaSentences.ForOperator(decision.Evaluations[0]), StringComparison.Ordinal);
        // Switched on, every rule has its own outcome again, and what was counted meanwhile counts.
        var (on, off) = (PolicyParser.Parse(document).Document!, quota.Compiled.Rules[0].Policy.Document!);
        Assert.Equal("shadow", Assert.Single(PolicyDiff.Between(off, on).Fields).Field);
        Assert.Equal(
            quota.Compiled.Rules.Select(rule => rule.Signature.Id),
            Quota.Of(document).Compiled.Rules.Select(rule => rule.Signature.Id)
        );
    }

    [Fact]
    public void Without_rules_everything_is_approved()
    {
        var decision = QuotaDecision.Decide(CompiledQuotas.None.Match(Quota.Startup), Quota.AskFor(1), new CountersInMemory(), Quota.Noon);
        Assert.Equal((QuotaVerdict.Approve, GpuTime.MaxSeconds), (decision.Verdict, decision.MaxGrantable.Seconds));
    }

    [Fact]
    public void Reviews_ask_for_the_greater_number_of_people_whom_both_accept()
    {
        var quota = Quota.Of(
            Quota.Document(
                Quota.Rule(
                    Limit("1", "review") + ""","approvals":{"count":1,"by":["programme-reviewer","programme-administrator"]}""",
                    "one"
                ),
                Quota.Rule(Limit("2", "review") + ""","approvals":{"count":2,"by":["programme-administrator"]},"refund":true""", "two")
            )
        );
        var approvals = quota.Ask(3).Approvals;
        Assert.Equal(2, approvals.Count);
        Assert.Equal(["programme-administrator"], approvals.By);
        Assert.Equal(1, quota.Ask(2).Approvals.Count);
        Assert.Equal(0, quota.Ask(1).Approvals.Count);
    }

    [Fact]
    public void Roles_that_no_two_rules_share_leave_the_stricter_rule_to_decide()
    {
        var need = new ApprovalNeed(1, ["a"]).And(new ApprovalNeed(3, ["b"]));
        Assert.Equal(3, need.Count);
        Assert.Equal(["b"], need.By);
        Assert.Equal(["a"], new ApprovalNeed(1, ["a"]).And(new ApprovalNeed(2, [])).By);
    }

    [Fact]
    public void An_unreadable_policy_sends_everything_in_its_scope_to_people_and_offers_nothing()
    {
        var broken = Quota.Published(Quota.Document(Quota.Rule(Deny10))).WithStored("{\"rules\":7}") with
        {
            ScopeProgrammeId = Quota.Programme,
        };
        Assert.Null(broken.Document);
        Assert.Contains("$.rules", broken.Unreadable, StringComparison.Ordinal);
        var quota = Quota.Of(broken);
        var decision = quota.Ask(1);
        Assert.Equal((QuotaVerdict.Review, 1, 0L), (decision.Verdict, decision.Approvals.Count, decision.MaxGrantable.Seconds));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, by: Quota.Startup with { ProgrammePath = [Quota.Root] }));
        Assert.Same(broken, Assert.Single(quota.Compiled.Unreadable));
    }

    [Fact]
    public void An_unreadable_policy_never_softens_a_denial()
    {
        var broken = Quota.Published(Quota.Document(Quota.Rule(Deny10)), Quota.Other).WithStored("nonsense");
        Assert.Equal(QuotaVerdict.Deny, Quota.Of(broken, Quota.Published(Quota.Document(Quota.Rule(Deny10)))).Verdict(11));
    }

    [Fact]
    public void An_unreadable_policy_that_is_not_in_force_bears_on_nothing()
    {
        var broken = Quota.Published(Quota.Document(Quota.Rule(Deny10))).WithStored("nonsense") with
        {
            EffectiveFrom = Quota.Noon.AddDays(1),
        };
        Assert.Equal(QuotaVerdict.Approve, Quota.Of(broken).Verdict(1));
        Assert.Equal(QuotaVerdict.Review, Quota.Of(broken).Verdict(1, Quota.Noon.AddDays(1)));
    }

    [Fact]
    public void A_stored_policy_with_a_contradiction_is_unreadable() =>
        Assert.Null(
            (Quota.Published(Quota.Document(Quota.Rule(Deny10))) with { TimeZone = "Mars/Olympus" })
                .WithStored(Quota.Document(Quota.Rule(Deny10)))
                .Document
        );

    [Fact]
    public void A_new_version_takes_over_at_its_date_and_keeps_what_was_counted()
    {
        var first = Quota.Published(Quota.Document(Quota.Rule(Lifetime("10")))) with { EffectiveUntil = Quota.Noon };
        var second = Quota.Published(Quota.Document(Quota.Rule(Lifetime("3"))), version: 2) with { EffectiveFrom = Quota.Noon };
        var quota = Quota.Of(first, second);
        quota.Grant(5, Quota.Noon.AddHours(-1));
        Assert.Equal(Quota.Hours(5), quota.Ask(1, Quota.Noon.AddTicks(-1)).MaxGrantable);
        var after = quota.Ask(1).Evaluations[0];
        Assert.Equal((2, true, Quota.Seconds(5), 0L), (after.Rule.Policy.Version, after.IsBreached, after.Used, after.Remaining));
    }

    [Fact]
    public void A_replay_needs_every_pinned_version()
    {
        var quota = Quota.OfRule(Deny10);
        var snapshot = DecisionSnapshot.Take(quota.Compiled.Match(Quota.Startup), Quota.AskFor(1), quota.Counters, Quota.Noon);
        Assert.Contains("Version 1", Assert.Throws<ArgumentException>(() => snapshot.Replay([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_person_may_approve_is_bounded_by_the_rules_that_deny_alone()
    {
        var quota = Quota.Of(Quota.Document(Quota.Rule(Deny10, "most"), Quota.Rule(Limit("5", "review"), "review")));
        var decision = quota.Ask(11);
        Assert.Equal((Quota.Hours(5), Quota.Hours(10)), (decision.MaxGrantable, decision.MaxReviewable));
        Assert.Equal(["most"], decision.Denials.Select(one => one.Rule.Rule.Id));
        Assert.Empty(quota.Ask(6).Denials);
    }

    [Fact]
    public void An_ask_that_was_counted_meets_no_limit_on_asking()
    {
        var quota = Quota.OfRule(""" "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}""");
        var match = quota.Compiled.Match(Quota.Startup);
        Assert.Equal(QuotaVerdict.Deny, QuotaDecision.Decide(match, Quota.AskFor(1), quota.Counters, Quota.Noon).Verdict);
        var counted = Quota.AskFor(1) with { IsCountedAlready = true };
        Assert.Equal(QuotaVerdict.Approve, QuotaDecision.Decide(match, counted, quota.Counters, Quota.Noon).Verdict);
        var snapshot = DecisionSnapshot.FromBytes(DecisionSnapshot.Take(match, counted, quota.Counters, Quota.Noon).ToBytes());
        Assert.Equal(counted, snapshot.Ask);
    }

    [Fact]
    public void A_snapshot_of_the_first_edition_is_still_read()
    {
        var quota = Quota.OfRule(Deny10);
        var bytes = DecisionSnapshot.Take(quota.Compiled.Match(Quota.Startup), Quota.AskFor(1), quota.Counters, Quota.Noon).ToBytes();
        // The byte before the moment says that nobody knew any people, and the last one that the ask was not counted.
        var people = IndexOfPeople(bytes);
        byte[] second = [2, .. bytes[1..people], .. bytes[(people + 1)..]];
        byte[] first = [1, .. second[1..^1]];
        var snapshot = DecisionSnapshot.FromBytes(first);
        Assert.Equal((1, false, Quota.AskFor(1)), (snapshot.Edition, snapshot.IsCountedAlready, snapshot.Ask));
        Assert.Equal(2, DecisionSnapshot.FromBytes(second).Edition);
        Assert.Empty(DecisionSnapshot.FromBytes(second).Context.OwnerIds);

        // The context ends with the moment it was asked, and the moment of the decision follows the people.
        static int IndexOfPeople(byte[] bytes) =>
            bytes
                .AsSpan()
                .IndexOf((byte[])[.. BitConverter.GetBytes(Quota.Noon.UtcTicks), 0, .. BitConverter.GetBytes(Quota.Noon.UtcTicks)]) + 8;
    }

    [Fact]
    public void The_people_of_a_request_are_pinned_with_its_decision()
    {
        var quota = Quota.OfRule(Deny10);
        foreach (
            var context in (QuotaContext[])
                [
                    Quota.Startup,
                    Quota.Startup with
                    {
                        OwnerIds = [Quota.Member],
                    },
                    Quota.Startup with
                    {
                        OwnerIds = [Quota.Other, Quota.Member],
                    },
                    Quota.Startup with
                    {
                        OwnerIds = [Quota.Member],
                        AskerId = Quota.Other,
                    },
                ]
        )
        {
            var bytes = DecisionSnapshot.Take(quota.Compiled.Match(context), Quota.AskFor(1), quota.Counters, Quota.Noon).ToBytes();
            var pinned = DecisionSnapshot.ContextOf(bytes);
            Assert.Equal(context.OwnerIds, pinned.OwnerIds);
            Assert.Equal(context.AskerId, pinned.AskerId);
        }
    }

    private static string Limit(string hours, string outcome) =>
        $$""" "measure":"gpu-hours-granted","window":{"kind":"per-request"},"limit":{"gpuHours":"{{hours}}"},"outcome":"{{outcome}}" """;

    private static string Lifetime(string hours) =>
        $$""" "measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"{{hours}}"}""";
}
