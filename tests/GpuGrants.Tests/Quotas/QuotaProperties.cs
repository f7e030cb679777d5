using CsCheck;
using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>Properties of random histories under random policies, against a model that recounts everything for every question.</summary>
public class QuotaProperties
{
    private static readonly Gen<(Guid? Programme, Guid? Organization)> Scopes = Gen.OneOfConst<(Guid?, Guid?)>(
        (null, null),
        (World.Root, null),
        (World.Left, null),
        (null, World.Organizations[0])
    );

    private static readonly Gen<PublishedPolicy[]> Policies = Gen.Select(
        Documents.All,
        Documents.All,
        Scopes,
        Scopes,
        (one, other, scope, otherScope) => new[] { Publish(one, 1, 1, scope), Publish(other, 2, 7, otherScope) }
    );

    private static PublishedPolicy Publish(PolicyDocument document, int policy, int version, (Guid? Programme, Guid? Organization) scope) =>
        World.Publish(document, policy, version, scope.Programme) with
        {
            ScopeOrganizationId = scope.Organization,
        };

    private static readonly Gen<OverrideEffect[]> Effects = Gen.Shuffle(Enum.GetValues<OverrideEffect>());

    [Fact]
    public void Every_amount_and_verdict_is_what_a_recount_of_all_history_gives() =>
        Gen.Select(Policies, Step.Many, Gen.Int[0, 3], Gen.Int[-20, 20], Effects)
            .Sample(
                (policies, steps, count, amount, effects) =>
                {
                    var run = new QuotaRun(policies, Overrides(policies, effects[..count], amount));
                    foreach (var step in steps)
                        run.Take(step, (match, ask) => AssertAsModel(run, match, ask));
                },
                iter: 800
            );

    [Fact]
    public void A_policy_published_later_counts_what_happened_before() =>
        Gen.Select(Policies, Documents.All, Step.Many, Step.Many)
            .Sample(
                (policies, document, before, after) =>
                {
                    var run = new QuotaRun(policies, []);
                    foreach (var step in before)
                        run.Take(step);
                    run.Publish(document);
                    run.Restart();
                    foreach (var step in after)
                        run.Take(step, (match, ask) => AssertAsModel(run, match, ask));
                },
                iter: 300
            );

    [Fact]
    public void A_match_counts_for_the_subjects_that_each_signature_by_itself_finds() =>
        Gen.Select(Policies, World.Contexts)
            .Sample(
                (policies, context) =>
                {
                    var compiled = CompiledQuotas.Compile(policies, []);
                    var found = new List<CounterKey>();
                    foreach (var signature in compiled.Signatures.Where(one => one.Covers(context)))
                    {
                        var subjects = new List<SubjectId>();
                        signature.AddSubjects(context, subjects);
                        found.AddRange(subjects.Select(subject => CounterKey.Of(signature, context, subject)));
                    }

                    Assert.Equal(found, compiled.Match(context).Counted.Select(one => one.Key));
                },
                iter: 2_000
            );

    [Fact]
    public void No_limit_that_denies_is_ever_exceeded_in_any_true_window() =>
        Gen.Select(Policies, Step.Many)
            .Sample(
                (policies, steps) =>
                {
                    var run = new QuotaRun(policies, []);
                    foreach (var step in steps)
                    {
                        run.Take(step);
                        var broken = run.Model.Everything(IsEnforced, run.Now).FirstOrDefault(one => !IsKept(run, one));
                        Assert.True(broken is null, broken?.Text(0));
                    }

                    AssertTrueWindows(run);
                },
                iter: 300
            );

    [Fact]
    public void The_counter_offer_is_approved_and_one_step_more_is_not() =>
        Gen.Select(Policies, Step.Many)
            .Sample(
                (policies, steps) =>
                {
                    var run = new QuotaRun(policies, []);
                    foreach (var step in steps)
                    {
                        run.Take(
                            step,
                            (match, ask) =>
                            {
                                var most = Decide(run, match, ask).MaxGrantable;
                                if (!most.IsZero)
                                    Assert.Equal(QuotaVerdict.Approve, Decide(run, match, ask with { Time = most }).Verdict);
                                if (most.Seconds == GpuTime.MaxSeconds)
                                    return;
                                var more = GpuTime.FromSeconds(most.Seconds + GpuTime.StepSeconds);
                                Assert.NotEqual(QuotaVerdict.Approve, Decide(run, match, ask with { Time = more }).Verdict);
                            }
                        );
                    }
                },
                iter: 300
            );

    [Fact]
    public void A_stored_decision_runs_again_to_the_same_verdict_and_reasons() =>
        Gen.Select(Policies, Step.Many, Gen.Int[-20, 20], Effects)
            .Sample(
                (policies, steps, amount, effects) =>
                {
                    var run = new QuotaRun(policies, Overrides(policies, effects, amount));
                    foreach (var step in steps)
                    {
                        run.Take(
                            step,
                            (match, ask) =>
                            {
                                var before = DecisionSnapshot.Take(match, ask, run.Counters, run.Now).ToBytes();
                                var first = Decide(run, match, ask);
                                Assert.Equal(before, DecisionSnapshot.Take(match, ask, run.Counters, run.Now).ToBytes());
                                var again = DecisionSnapshot.FromBytes(before).Replay([.. policies.Reverse()]);
                                Assert.Equal(
                                    (first.Verdict, first.MaxGrantable, first.Approvals.Count),
                                    (again.Verdict, again.MaxGrantable, again.Approvals.Count)
                                );
                                Assert.Equal(
                                    first.Evaluations.Select(QuotaSentences.ForOperator),
                                    again.Evaluations.Select(QuotaSentences.ForOperator)
                                );
                            }
                        );
                    }
                },
                iter: 300
            );

    [Fact]
    public void What_may_pass_later_passes_when_all_else_has_ended_and_what_may_not_never_does() =>
        Gen.Select(Policies, Step.Many)
            .Sample(
                (policies, steps) =>
                {
                    var run = new QuotaRun(policies, []);
                    var asked = new List<(QuotaMatch Match, QuotaAsk Ask, QuotaDecision Decision)>();
                    foreach (var step in steps.Where(step => step.Kind != StepKind.Use))
                        run.Take(step, (match, ask) => asked.Add((match, ask, Decide(run, match, ask))));
                    if (asked.Count == 0)
                        return;
                    run.Settle();
                    foreach (var (match, ask, decision) in asked.TakeLast(3))
                    {
                        var later = Decide(run, match, ask).Evaluations;
                        foreach (var (one, i) in decision.Evaluations.Select((one, i) => (one, i)).Where(pair => pair.one.IsBreached))
                        {
                            if (!one.IsRetryable)
                                Assert.True(later[i].IsBreached, QuotaSentences.ForOperator(one));
                            else if (!MayStayTaken(one.Rule.Rule))
                                Assert.False(
                                    later[i].IsBreached,
                                    $"{QuotaSentences.ForOperator(one)}\n{QuotaSentences.ForOperator(later[i])}"
                                );
                        }
                    }
                },
                iter: 500
            );

    /// <summary>Later requests may take what never comes back, and only a subject that was counted carries anything over.</summary>
    private static bool MayStayTaken(QuotaRule rule) =>
        rule.Window is CyclicWindow { CarryOver: not null } || (rule.Window is LifetimeWindow && !rule.Measure.GivesBack(rule.Refund));

    private static QuotaDecision Decide(QuotaRun run, QuotaMatch match, QuotaAsk ask) =>
        QuotaDecision.Decide(match, ask, run.Counters, run.Now);

    private static void AssertAsModel(QuotaRun run, QuotaMatch match, QuotaAsk ask)
    {
        var decision = Decide(run, match, ask);
        var model = run
            .Model.Ask(match.Context, run.Now)
            .Select(one => (one.Rule, one.Remaining, Requested: Requested(one.Rule, ask), Text: one.Text(Requested(one.Rule, ask))))
            .ToList();
        AssertSame(model.Select(one => one.Text), decision.Evaluations.Select(Text));
        var breached = model.Where(one => one.Requested > one.Remaining).Select(one => one.Rule.Outcome).ToList();
        var verdict =
            breached.Contains(BreachOutcome.Deny) ? QuotaVerdict.Deny
            : breached.Contains(BreachOutcome.Review) ? QuotaVerdict.Review
            : QuotaVerdict.Approve;
        Assert.Equal(verdict, decision.Verdict);
        Assert.All(decision.Evaluations, one => Assert.True(HasTheMomentsOfItsWindow(one, run.Now), QuotaSentences.ForOperator(one)));
    }

    private static bool HasTheMomentsOfItsWindow(QuotaEvaluation one, DateTimeOffset now) =>
        one.Rule.Rule.Window switch
        {
            PerRequestWindow or ConcurrentWindow or LifetimeWindow => one is { WindowStart: null, ResetsAt: null },
            RollingWindow => one.WindowStart < now && (one.ResetsAt is null ? one.Used + one.Held == 0 : one.ResetsAt > now),
            FirstUseWindow when one.WindowStart is null => one is { ResetsAt: null, Used: 0, Held: 0 },
            _ => one.WindowStart <= now && now < one.ResetsAt,
        };

    private static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var (model, engine) = (expected.ToList(), actual.ToList());
        Assert.True(
            model.Count == engine.Count && !model.Except(engine).Any(),
            $"The model says {string.Join("; ", model.Except(engine))}\nand the engine {string.Join("; ", engine.Except(model))}"
        );
    }

    private static string Text(QuotaEvaluation one) =>
        new NaiveAnswer(
            one.Rule.Policy,
            one.Rule.Rule,
            one.Subject.ToString(),
            one.Limit,
            one.Used,
            one.Held,
            one.Carried,
            one.Remaining
        ).Text(one.Requested);

    private static long Requested(QuotaRule rule, QuotaAsk ask) =>
        rule.Measure.Word switch
        {
            "gpu-hours-granted" or "gpu-hours-used" => ask.Time.Seconds,
            "credits-granted" => ask.Time.Seconds * ask.Rate.MillicreditsPerGpuHour,
            "concurrent-gpus" => ask.Gpus,
            _ => 1,
        };

    /// <summary>Requests are counted when they are made, and use when it is reported: refusing a request cannot undo either.</summary>
    private static bool IsEnforced(QuotaRule rule) =>
        rule.Outcome == BreachOutcome.Deny && rule.Measure.Word is not ("requests-made" or "open-requests" or "gpu-hours-used");

    private static bool IsKept(QuotaRun run, NaiveAnswer one) =>
        one.Rule.Sharing is null ? one.Used + one.Held <= one.Limit : run.Model.Shares(one.Policy, one.Rule, run.Now).IsKept();

    /// <summary>Looks at each window that ends when something counted, with the exact duration and all that is known in the end.</summary>
    private static void AssertTrueWindows(QuotaRun run)
    {
        foreach (var one in run.Model.Everything(rule => IsEnforced(rule) && rule is { Sharing: null, Window: RollingWindow }, run.Now))
        {
            var counted = run.Model.Of(one.Policy, one.Rule, one.Subject);
            foreach (var end in counted.Select(fact => fact.CountsAt))
            {
                var (used, held) = NaiveCount.Sum(
                    counted.Where(fact => end - ((RollingWindow)one.Rule.Window).Duration <= fact.CountsAt && fact.CountsAt <= end)
                );
                Assert.True(used + held <= one.Rule.Limit, one.Text(0));
            }
        }
    }

    /// <summary>At most one override of each effect for each rule and a few subjects, in force for parts of the history.</summary>
    private static List<QuotaOverride> Overrides(IEnumerable<PublishedPolicy> policies, IEnumerable<OverrideEffect> effects, int amount) =>
        [
            .. from policy in policies
            from rule in policy.Document!.Rules
            where rule.Limit is not null
            from subject in new[] { World.Organizations[0].ToString(), World.Root.ToString(), "student" }
            from effect in effects
            select new QuotaOverride
            {
                Id = Guid.Empty,
                PolicyId = policy.PolicyId,
                RuleId = rule.Id,
                SubjectId = subject,
                Effect = effect,
                Amount = effect switch
                {
                    OverrideEffect.Add => amount * 360L,
                    OverrideEffect.Multiply => 500 + Math.Abs(amount * 100),
                    _ => Math.Abs(amount * 720L),
                },
                StartsAt = World.Start.AddDays((int)effect * 3),
                ExpiresAt = amount % 2 == 0 ? World.Start.AddDays(((int)effect * 3) + 10) : null,
                Reason = "random",
                AuthorId = Guid.Empty,
            },
        ];
}
