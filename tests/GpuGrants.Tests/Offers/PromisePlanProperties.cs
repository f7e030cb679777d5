using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Units;
using static GpuGrants.Tests.Offers.PromiseGen;

namespace GpuGrants.Tests.Offers;

/// <summary>The guard against over-commitment, compared with trying every schedule of a few hours.</summary>
public sealed class PromisePlanProperties
{
    private static readonly Gen<GpuPromise> Asks = Gen.Select(Spans, Gen.Int[1, 2], Gen.Int[1, 5], Gen.Bool)
        .Select(
            (span, gpus, hours, isReserved) =>
                new GpuPromise(
                    Guid.NewGuid(),
                    gpus,
                    Start.AddHours(span.From),
                    Start.AddHours(span.Until),
                    Time(isReserved ? gpus * (span.Until - span.From) : Math.Min(hours, gpus * (span.Until - span.From))),
                    isReserved
                )
        );

    private static readonly Gen<(Tranche[] Tranches, GpuPromise[] Asks)> Cases = Gen.Select(Supplies, Asks.Array[1, 5]);

    [Fact]
    public void An_ask_is_promised_exactly_when_some_schedule_serves_it_beside_all_others() =>
        Cases.Sample(one =>
        {
            var promised = Promise(one.Tranches, [], one.Asks, out var refused);
            Assert.True(Brute.Serve(one.Tranches, promised));
            Assert.All(
                refused,
                ask => Assert.False(Brute.Serve(one.Tranches, [.. promised.TakeWhile(other => other.Id != ask.After), ask.Ask]))
            );
        });

    [Fact]
    public void Daily_buckets_promise_nothing_that_no_schedule_serves() =>
        Cases.Sample(one => Assert.True(Brute.Serve(one.Tranches, Promise(one.Tranches, Many, one.Asks, out _))));

    [Fact]
    public void Daily_buckets_serve_everybody_who_asks_for_whole_days_one_after_the_other()
    {
        var tranche = new Tranche(1, 2, Start.AddHours(2), Start.AddDays(10).AddHours(2));
        GpuPromise[] asks = [.. Enumerable.Range(0, 10).Select(Day), .. Enumerable.Range(0, 10).Select(Day)];
        Assert.Equal(asks, Promise([tranche], Many, asks, out _));

        GpuPromise Day(int day) => new(Guid.NewGuid(), 1, tranche.StartsAt.AddDays(day), tranche.StartsAt.AddDays(day + 1), Time(24));
    }

    [Fact]
    public void What_is_reserved_never_needs_more_GPUs_than_there_are_at_any_instant() =>
        Cases.Sample(one =>
        {
            var asks = one.Asks.Select(ask => Reserved(ask, ask.Gpus)).ToArray();
            foreach (
                var filler in (GpuPromise[][])
                    [
                        [],
                        Many,
                    ]
            )
            {
                var promised = Promise(one.Tranches, filler, asks, out _);
                for (var hour = 0; hour < Hours; hour++)
                    Assert.True(
                        promised.Where(ask => Brute.Covers(ask.StartsAt, ask.EndsAt, hour)).Sum(ask => ask.Gpus)
                            <= one.Tranches.Where(tranche => Brute.Covers(tranche.StartsAt, tranche.EndsAt, hour))
                                .Sum(tranche => tranche.Gpus)
                    );
            }
        });

    [Fact]
    public void The_most_GPUs_that_can_be_reserved_can_be_and_one_more_cannot() =>
        Gen.Select(Cases, Asks)
            .Sample(
                (one, ask) =>
                {
                    var promised = Promise(one.Tranches, [], one.Asks, out _);
                    var wanted = ask with { Gpus = 4 };
                    var most = new PromisePlan(one.Tranches, promised, Start).MostGpusFor(wanted);
                    Assert.True(most == 0 || Brute.Serve(one.Tranches, [.. promised, Reserved(ask, most)]));
                    Assert.True(most == 4 || !Brute.Serve(one.Tranches, [.. promised, Reserved(ask, most + 1)]));
                }
            );

    [Fact]
    public void A_withdrawal_puts_somebody_at_risk_exactly_when_no_schedule_serves_everybody_afterwards() =>
        Gen.Select(Cases, Gen.Int[0, 2], Gen.Int[1, 3])
            .Sample(
                (one, which, gpus) =>
                {
                    var promised = Promise(one.Tranches, [], one.Asks, out _);
                    var after = one
                        .Tranches.Select(
                            (tranche, i) =>
                                i == which % one.Tranches.Length ? tranche with { Gpus = Math.Max(0, tranche.Gpus - gpus) } : tranche
                        )
                        .ToArray();
                    var atRisk = new PromisePlan(one.Tranches, promised, Start).AtRisk(after);
                    Assert.Equal(!Brute.Serve(after, promised), atRisk.Count > 0);
                    // Those who are not at risk keep all they were promised.
                    Assert.True(Brute.Serve(after, [.. promised.Where(ask => atRisk.All(risk => risk.Promise.Id != ask.Id))]));
                }
            );

    [Fact]
    public void What_passed_undelivered_leaves_what_tranches_still_bring_and_never_what_was_promised() =>
        Gen.Select(Cases, Gen.Int[0, Hours])
            .Sample(
                (one, passed) =>
                {
                    var promised = Promise(one.Tranches, [], one.Asks, out _);
                    var at = Start.AddHours(passed);
                    var account = one.Tranches.Sum(tranche => tranche.TimeFrom(Start).Seconds) - promised.Sum(ask => ask.Time.Seconds);
                    var back = new PromisePlan(one.Tranches, promised, at).Undelivered(GpuTime.FromSeconds(Math.Max(0, account)));
                    Assert.True(back.Seconds <= Math.Max(0, account));
                    // Nothing goes back on the tranches' first day, before midnight.
                    Assert.True(passed >= 2 || back.IsZero);
                    if (passed == Hours)
                        Assert.True(account - back.Seconds <= one.Tranches.Sum(tranche => tranche.TimeFrom(Start.AddHours(2)).Seconds));
                }
            );

    [Fact]
    public void A_quote_that_is_used_keeps_its_place_before_younger_promises_and_takes_nothing_that_they_would_get() =>
        Gen.Select(Cases, Gen.Int[0, 4], Spans, Gen.Int[0, Hours - 1])
            .Sample(
                (one, which, span, passed) =>
                {
                    var promised = Promise(one.Tranches, [], one.Asks, out _);
                    if (promised.Length == 0)
                        return;
                    var own = promised[which % promised.Length];
                    var at = Start.AddHours(passed);
                    var plan = new PromisePlan(one.Tranches, promised, at);
                    // In its own dates it gets what the plan had for it, as long as no hour of anybody's passed unused.
                    var same = own with
                    {
                        Id = Guid.NewGuid(),
                    };
                    Assert.True(
                        promised.Any(each => each.StartsAt < at)
                            || plan.MostInsteadOf(own.Id, same) >= Served(one.Tranches, promised, at)[Array.IndexOf(promised, own)]
                    );
                    // In other dates nobody else gets less than before.
                    var moved = same with
                    {
                        StartsAt = Start.AddHours(Math.Max(span.From, passed)),
                        EndsAt = Start.AddHours(Math.Max(span.Until, passed + 1)),
                        IsReserved = false,
                    };
                    moved = moved with { Time = plan.MostInsteadOf(own.Id, moved) };
                    var (before, after) = (Served(one.Tranches, promised, at), Total(one.Tranches, promised, own, moved, at));
                    Assert.True(
                        after >= before.Where((_, i) => promised[i] != own).Aggregate(GpuTime.Zero, (sum, next) => sum + next) + moved.Time
                    );
                }
            );

    [Fact]
    public void A_promise_that_was_not_used_in_time_blocks_only_the_hours_that_it_still_needs()
    {
        Tranche[] tranches = [new(1, 1, Start, Start.AddHours(4)), new(2, 1, Start.AddHours(100), Start.AddHours(104))];
        // Two of two hours each: an hour later only one of them can still be served.
        GpuPromise[] late = [Of(0, 4, 2), Of(0, 4, 2)];
        var plan = new PromisePlan(tranches, late, Start.AddHours(1));
        Assert.Equal(GpuTime.Zero, plan.MostFor(Of(1, 4, 1)));
        Assert.Equal(Time(4), plan.MostFor(Of(100, 104, 4)));

        GpuPromise Of(int from, int until, int hours) => new(Guid.NewGuid(), 1, Start.AddHours(from), Start.AddHours(until), Time(hours));
    }

    /// <summary>What each gets, oldest first: what it would lack if there were nothing.</summary>
    private static GpuTime[] Served(Tranche[] tranches, GpuPromise[] promised, DateTimeOffset at)
    {
        var lacks = new PromisePlan(tranches, promised, at).AtRisk([]).ToDictionary(one => one.Promise.Id, one => one.Lacks);
        return [.. promised.Select(one => lacks.GetValueOrDefault(one.Id))];
    }

    /// <summary>What all get together once one is replaced.</summary>
    private static GpuTime Total(Tranche[] tranches, GpuPromise[] promised, GpuPromise own, GpuPromise moved, DateTimeOffset at) =>
        Served(tranches, [.. promised.Where(one => one != own), moved], at).Aggregate(GpuTime.Zero, (sum, next) => sum + next);

    private static GpuPromise[] Promise(
        Tranche[] tranches,
        GpuPromise[] before,
        GpuPromise[] asks,
        out List<(GpuPromise Ask, Guid After)> refused
    )
    {
        var plan = new PromisePlan(tranches, before, Start);
        var promised = new List<GpuPromise>();
        var waiting = new List<GpuPromise>();
        refused = [];
        foreach (var ask in asks)
        {
            if (plan.MostFor(ask) == ask.Time)
            {
                plan.Add(ask);
                promised.Add(ask);
                refused.AddRange(waiting.Select(one => (one, ask.Id)));
                waiting.Clear();
            }
            else
            {
                waiting.Add(ask);
            }
        }

        refused.AddRange(waiting.Select(one => (one, Guid.Empty)));
        return [.. promised];
    }
}
