using CsCheck;
using GpuGrants.Grants;
using GpuGrants.Tests.Quotas;
using GpuGrants.Units;

namespace GpuGrants.Tests.Grants;

/// <summary>What leaves one context enters the other, and nothing is made or lost on the way.</summary>
public class GrantMovesTests
{
    private static readonly DateTimeOffset At = Quota.Noon.AddDays(3);

    private static readonly string[] Measures =
    [
        """ "measure":"gpu-hours-granted","limit":{"gpuHours":"100"}""",
        """ "measure":"credits-granted","limit":{"credits":"100"}""",
        """ "measure":"gpu-hours-used","limit":{"gpuHours":"100"}""",
        """ "measure":"grants-awarded","limit":{"count":9}""",
    ];

    private static readonly string[] OfTheMoment =
    [
        """ "measure":"active-grants","limit":{"count":9}""",
        """ "measure":"concurrent-gpus","limit":{"count":99}""",
    ];

    private static readonly string[] Windows =
    [
        """ "window":{"kind":"lifetime"},""",
        """ "window":{"kind":"calendar","unit":"month"},""",
        """ "window":{"kind":"rolling","duration":"P20D"},""",
    ];

    private static readonly Gen<GrantPart[]> Parts = Gen.Select(Gen.Int[0, 48], Gen.Int[0, 90_000])
        .Array[1, 4]
        .Select(all =>
            all.OrderBy(one => one.Item1)
                .Select(one => new GrantPart(Quota.Noon.AddHours(one.Item1), GpuTime.FromSeconds(one.Item2)))
                .ToArray()
        );

    [Fact]
    public void A_grant_that_leaves_and_enters_the_same_context_changes_no_counter() =>
        Gen.Select(Parts, Gen.Int[1, 4], Gen.Int[1, 40], Gen.Bool)
            .Sample(
                (parts, gpus, days, refunds) =>
                {
                    var life = new GrantLife(Quota.Noon, Quota.Noon.AddDays(days), gpus);
                    foreach (var rule in Rules(refunds, "organization"))
                    {
                        var quota = Quota.OfRule(rule);
                        Award(quota, Quota.Startup, life, parts);
                        var before = Reading(quota, Quota.Startup);
                        Apply(quota, Quota.Startup, GrantMoves.Out(At, life, parts, Cost));
                        Assert.Equal((0, 0), Reading(quota, Quota.Startup));
                        Apply(quota, Quota.Startup, GrantMoves.In(At, life, parts, Cost));
                        Assert.Equal(before, Reading(quota, Quota.Startup));
                    }
                }
            );

    [Fact]
    public void A_grant_that_goes_to_another_project_counts_there_as_it_counted_here() =>
        Gen.Select(Parts, Gen.Int[1, 4])
            .Sample(
                (parts, gpus) =>
                {
                    var life = new GrantLife(Quota.Noon, Quota.Noon.AddDays(30), gpus);
                    var other = Quota.Startup with { ProjectId = Guid.NewGuid() };
                    foreach (var rule in Rules(false, "project"))
                    {
                        var quota = Quota.OfRule(rule);
                        Award(quota, Quota.Startup, life, parts);
                        var before = Reading(quota, Quota.Startup);
                        Apply(quota, Quota.Startup, GrantMoves.Out(At, life, parts, Cost));
                        Apply(quota, other, GrantMoves.In(At, life, parts, Cost));
                        Assert.Equal((0, 0), Reading(quota, Quota.Startup));
                        Assert.Equal(before, Reading(quota, other));
                    }
                }
            );

    [Fact]
    public void Use_that_was_not_reported_stays_and_both_halves_count_together_as_the_grant_did() =>
        Gen.Select(Parts, Gen.Int[1, 4], Gen.Int[0, 200_000])
            .Sample(
                (parts, gpus, unreported) =>
                {
                    var all = GrantMoves.SumOf(parts);
                    var stays = GpuTime.FromSeconds(Math.Min(unreported, all.Seconds));
                    var (kept, goes) = GrantMoves.Divide(parts, stays);
                    Assert.Equal((stays, all), (GrantMoves.SumOf(kept), stays + GrantMoves.SumOf(goes)));
                    Assert.All(kept, part => Assert.False(part.Time.IsZero));
                    var life = new GrantLife(Quota.Noon, Quota.Noon.AddDays(30), gpus);
                    var other = Quota.Startup with { ProjectId = Guid.NewGuid() };
                    foreach (var rule in Rules(false, "project"))
                    {
                        var quota = Quota.OfRule(rule);
                        Award(quota, Quota.Startup, life, parts);
                        var before = Reading(quota, Quota.Startup);
                        Apply(quota, Quota.Startup, GrantMoves.Out(At, life, goes, Cost, isWhole: kept.Count == 0, beside: stays));
                        Apply(quota, Quota.Startup, GrantMoves.Out(At, life, kept, Cost));
                        Assert.Equal((0, 0), Reading(quota, Quota.Startup));
                        Apply(quota, Quota.Startup, GrantMoves.In(At, life.Until(At), kept, Cost, isWhole: false));
                        Apply(quota, other, GrantMoves.In(At, life with { From = At }, goes, Cost));
                        var (here, there) = (Reading(quota, Quota.Startup), Reading(quota, other));
                        // Limits on use count what is left only in windows that its dates overlap, and at most what its GPUs can use there.
                        if (!rule.Contains("gpu-hours-used", StringComparison.Ordinal))
                            Assert.Equal(before, (here.Used + there.Used, here.Held + there.Held));
                    }
                }
            );

    [Fact]
    public void More_time_is_neither_another_grant_nor_more_GPUs_and_other_dates_are_no_more_time()
    {
        foreach (
            var (measure, more, dates) in ((string, QuotaVerdict, QuotaVerdict)[])
                [
                    (Windows[0] + """ "measure":"gpu-hours-granted","limit":{"gpuHours":"4"}""", QuotaVerdict.Deny, QuotaVerdict.Approve),
                    (Windows[0] + """ "measure":"credits-granted","limit":{"credits":"4"}""", QuotaVerdict.Deny, QuotaVerdict.Approve),
                    (Windows[0] + """ "measure":"gpu-hours-used","limit":{"gpuHours":"4"}""", QuotaVerdict.Deny, QuotaVerdict.Deny),
                    (Windows[0] + """ "measure":"grants-awarded","limit":{"count":0}""", QuotaVerdict.Approve, QuotaVerdict.Approve),
                    (Concurrent + """ "measure":"active-grants","limit":{"count":0}""", QuotaVerdict.Approve, QuotaVerdict.Approve),
                    (Concurrent + """ "measure":"concurrent-gpus","limit":{"count":1}""", QuotaVerdict.Approve, QuotaVerdict.Approve),
                ]
        )
        {
            var quota = Quota.OfRule(measure);
            var ask = Quota.AskFor(5, gpus: 2) with { Life = new GrantLife(Quota.Noon, Quota.Noon.AddDays(9), 2) };
            Assert.Equal(QuotaVerdict.Deny, Decide(quota, ask).Verdict);
            Assert.Equal(more, Decide(quota, ask with { Part = AskedPart.Time }).Verdict);
            Assert.Equal(dates, Decide(quota, ask with { Part = AskedPart.Dates }).Verdict);
        }
    }

    [Fact]
    public void More_time_that_waits_is_held_like_time_and_not_like_a_grant()
    {
        var hours = Quota.OfRule(Windows[0] + Measures[0]);
        var grants = Quota.OfRule(Concurrent + OfTheMoment[0]);
        var held = QuotaFact.HeldMore(At, Quota.Hours(5), Cost(Quota.Hours(5)));
        Apply(hours, Quota.Startup, held);
        Apply(grants, Quota.Startup, held);
        Assert.Equal(((0L, 18_000L), (0L, 0L)), (Reading(hours, Quota.Startup), Reading(grants, Quota.Startup)));
        var released = QuotaFact.HoldReleased(At, At, Quota.Hours(5), Cost(Quota.Hours(5)), 2, isWhole: false);
        Apply(hours, Quota.Startup, released);
        Apply(grants, Quota.Startup, released);
        Assert.Equal(((0L, 0L), (0L, 0L)), (Reading(hours, Quota.Startup), Reading(grants, Quota.Startup)));
    }

    private const string Concurrent = """ "window":{"kind":"concurrent"},""";

    private static IEnumerable<string> Rules(bool refunds, string level)
    {
        var more = $$""","subject":{"level":"{{level}}"}{{(refunds ? ",\"refund\":true" : "")}}""";
        return
        [
            .. from window in Windows
            from measure in Measures
            select window
                + measure
                + (
                    measure.Contains("granted", StringComparison.Ordinal)
                        ? more
                        : more.Replace(",\"refund\":true", "", StringComparison.Ordinal)
                ),
            .. OfTheMoment.Select(measure => Concurrent + measure + more.Replace(",\"refund\":true", "", StringComparison.Ordinal)),
        ];
    }

    private static void Award(Quota quota, QuotaContext context, GrantLife life, GrantPart[] parts)
    {
        var (first, left) = (parts[0], parts[0].Time);
        Apply(
            quota,
            context,
            QuotaFact.Granted(first.CountsAt, first.CountsAt, first.Time, Cost(first.Time), life.Gpus).Of(life, GpuTime.Zero)
        );
        foreach (var part in parts.Skip(1))
        {
            Apply(quota, context, QuotaFact.ToppedUp(part.CountsAt, part.Time, Cost(part.Time)).Of(life, left));
            left += part.Time;
        }
    }

    private static QuotaDecision Decide(Quota quota, QuotaAsk ask) =>
        QuotaDecision.Decide(quota.Compiled.Match(Quota.Startup), ask, quota.Counters, Quota.Noon);

    private static (long Used, long Held) Reading(Quota quota, QuotaContext context)
    {
        var ask = new QuotaAsk(GpuTime.Zero, Rate.FromMillicredits(1_000), 1, IsCountedAlready: true);
        var one = QuotaDecision.Decide(quota.Compiled.Match(context), ask, quota.Counters, At).Evaluations.Single();
        return (one.Used, one.Held);
    }

    private static void Apply(Quota quota, QuotaContext context, IEnumerable<QuotaFact> facts)
    {
        foreach (var fact in facts)
            Apply(quota, context, fact);
    }

    private static void Apply(Quota quota, QuotaContext context, QuotaFact fact) =>
        quota.Compiled.Match(context).Apply(fact, quota.Counters);

    private static Credits Cost(GpuTime time) => Rate.FromMillicredits(1_000).CostOf(time);
}
