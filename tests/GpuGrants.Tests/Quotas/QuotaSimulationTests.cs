using CsCheck;

namespace GpuGrants.Tests.Quotas;

public class QuotaSimulationTests
{
    private static readonly Gen<PublishedPolicy> Policies = Documents.All.Select(document => World.Publish(document));

    [Fact]
    public void The_policies_in_force_at_that_time_make_everything_happen_again() =>
        Gen.Select(Policies, Step.Many, Gen.Int[0, 20])
            .Sample(
                (policy, steps, days) =>
                {
                    var run = Run(policy, steps);
                    var simulation = Simulate(run, run.Compiled, World.Start.AddDays(days));
                    Assert.Equal(0, simulation.Flips);
                    AssertSame(simulation.Happened, simulation.Simulated);
                },
                iter: 200
            );

    [Fact]
    public void Under_no_policy_every_request_is_approved_and_under_a_ban_none_is() =>
        Gen.Select(Policies, Step.Many)
            .Sample(
                (policy, steps) =>
                {
                    var run = Run(policy, steps);
                    var requests = run.Past.Count(past => past.Ask is not null);
                    Assert.Equal(requests, Simulate(run, CompiledQuotas.None, World.Start).Simulated.Approved);
                    var ban = Simulate(run, Ban(), World.Start).Simulated;
                    Assert.Equal((requests, 0, 0L), (ban.Denied, ban.Approved, ban.SecondsByKind.Values.Sum()));
                },
                iter: 200
            );

    [Fact]
    public void A_request_that_flips_names_its_rule_and_what_it_would_have_used_is_free_for_others()
    {
        var run = Run(World.Publish(new PolicyDocument { Rules = [] }), [Asks(20), Asks(8), Asks(4)]);
        var flips = new List<SimulationFlip>();
        var draft = Quota.Published(
            Quota.Document(Quota.Rule(""" "measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"10"}""", "ten"))
        ) with
        {
            ScopeProgrammeId = null,
        };
        var simulation = new QuotaSimulation(CompiledQuotas.Compile([draft], []), World.Start, flips.Add);
        foreach (var past in run.Past)
            simulation.Take(past);
        Assert.Equal(
            [(QuotaVerdict.Approve, QuotaVerdict.Deny, "ten"), (QuotaVerdict.Approve, QuotaVerdict.Deny, "ten")],
            flips.Select(flip => (flip.Happened, flip.Simulated, flip.RuleIds.Single()))
        );
        Assert.Equal((3, 1), (simulation.Happened.Approved, simulation.Simulated.Approved));
        Assert.Equal(
            (Quota.Seconds(32), Quota.Seconds(8)),
            (simulation.Happened.SecondsByKind["startup"], simulation.Simulated.SecondsByKind["startup"])
        );
        Assert.Equal(Quota.AskFor(8).Credits.Units, Assert.Single(simulation.Simulated.CreditsByDay).Value);
        Assert.Equal(1, simulation.Simulated.Fairness);
    }

    [Fact]
    public void The_result_tells_of_one_programme_alone_while_all_requests_count()
    {
        var (child, sibling) = (Guid.NewGuid(), Guid.NewGuid());
        var run = Run(World.Publish(new PolicyDocument { Rules = [] }), [Asks(8, sibling), Asks(8, child), Asks(1, sibling)]);
        var draft = Quota.Published(
            Quota.Document(Quota.Rule(""" "measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"8"}""", "eight"))
        ) with
        {
            ScopeProgrammeId = null,
        };
        var flips = new List<SimulationFlip>();
        var simulation = new QuotaSimulation(CompiledQuotas.Compile([draft], []), World.Start, flips.Add, shown: child);
        foreach (var past in run.Past)
            simulation.Take(past);
        Assert.Single(flips);
        Assert.Equal((1, 0), (simulation.Happened.Approved, simulation.Simulated.Approved));
        Assert.Equal((0, 1, 1), (simulation.Happened.Denied, simulation.Simulated.Denied, simulation.Flips));
        Assert.Equal(Quota.Seconds(8), simulation.Happened.SecondsByKind["startup"]);
        Assert.DoesNotContain(simulation.Simulated.SecondsByKind, one => one.Value > 0);
    }

    [Fact]
    public void A_past_request_without_its_decision_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            new QuotaSimulation(CompiledQuotas.None, Quota.Noon).Take(
                new PastFact(Guid.Empty, Quota.Startup, QuotaFact.Requested(Quota.Noon))
            )
        );

    private static QuotaRun Run(PublishedPolicy policy, Step[] steps)
    {
        var run = new QuotaRun([policy], []);
        foreach (var step in steps)
            run.Take(step);
        return run;
    }

    private static QuotaSimulation Simulate(QuotaRun run, CompiledQuotas quotas, DateTimeOffset from)
    {
        var simulation = new QuotaSimulation(quotas, from);
        foreach (var past in run.Past)
            simulation.Take(past);
        return simulation;
    }

    private static CompiledQuotas Ban() =>
        CompiledQuotas.Compile(
            [
                Quota.Published(
                    Quota.Document(
                        Quota.Rule(
                            """ "subject":{"level":"platform"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}"""
                        )
                    )
                ) with
                {
                    ScopeProgrammeId = null,
                },
            ],
            []
        );

    private static Step Asks(decimal hours, params Guid[] below) =>
        new(
            StepKind.Ask,
            TimeSpan.FromMinutes(1),
            Quota.Startup with
            {
                ProgrammePath = [.. below, .. Quota.Startup.ProgrammePath],
            },
            Quota.Hours(hours),
            GpuGrants.Units.Rate.FromMillicredits(1_000),
            0
        );

    private static void AssertSame(SimulationSide one, SimulationSide other)
    {
        Assert.Equal(
            (one.Approved, one.Reviewed, one.Denied, one.Fairness),
            (other.Approved, other.Reviewed, other.Denied, other.Fairness)
        );
        Assert.Equal(one.SecondsByKind, other.SecondsByKind);
        Assert.Equal(one.CreditsByDay, other.CreditsByDay);
    }
}
