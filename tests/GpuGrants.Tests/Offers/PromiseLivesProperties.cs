using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Units;
using static GpuGrants.Tests.Offers.PromiseGen;

namespace GpuGrants.Tests.Offers;

/// <summary>
/// Random lives of promises: grants, quotes, reviews, more hours, other dates, moves to and from other offers, returns and withdrawals.
/// Each act is compared with trying every schedule of a few hours.
/// </summary>
public sealed class PromiseLivesProperties
{
    private const int MostPromises = 6;

    private static readonly Gen<Act> Acts = Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, 9], Spans, Gen.Int[1, 2], Gen.Int[1, 6])
        .Select((kind, which, span, gpus, hours) => new Act(kind, which, span.From, span.Until, gpus, hours));

    private static readonly Gen<(Tranche[] Tranches, Act[] Acts)> Lives = Gen.Select(Supplies, Acts.Array[1, 14]);

    private enum Kind
    {
        Grant,
        Reserve,
        TopUp,
        Approve,
        Extend,
        Start,
        Shrink,
        Correct,
        UseQuote,
        End,
        Withdraw,
    }

    [Fact]
    public void Every_act_is_done_exactly_when_some_schedule_serves_everybody_afterwards() =>
        Lives.Sample(life =>
        {
            var state = new State(life.Tranches, []);
            foreach (var act in life.Acts)
            {
                if (Tried(state, act, []) is not { } tried)
                    continue;
                Assert.Equal(Brute.Serve(tried.After.Tranches, tried.After.Promises), tried.IsDone);
                if (tried.IsDone)
                    state = tried.After;
            }
        });

    [Fact]
    public void Daily_buckets_do_no_act_that_no_schedule_serves_and_the_guard_does_all_that_they_do() =>
        Lives.Sample(life =>
        {
            var state = new State(life.Tranches, []);
            foreach (var act in life.Acts)
            {
                if (Tried(state, act, Many) is not { IsDone: true } tried)
                    continue;
                Assert.True(Brute.Serve(tried.After.Tranches, tried.After.Promises));
                Assert.True(Tried(state, act, [])!.IsDone);
                state = tried.After;
            }
        });

    [Fact]
    public void A_plan_that_follows_every_act_says_what_a_new_one_says() =>
        Lives.Sample(life =>
        {
            var plan = new PromisePlan(life.Tranches, [], Start);
            foreach (var act in life.Acts.Where(one => one.Kind is Kind.Grant or Kind.Reserve or Kind.TopUp))
            {
                if (Asked(new State(life.Tranches, [.. plan.Promises]), act) is not { } asked)
                    continue;
                var anew = new PromisePlan(life.Tranches, plan.Promises, Start);
                Assert.Equal(anew.MostFor(asked), plan.MostFor(asked));
                if (plan.MostFor(asked) == asked.Time)
                    plan.Add(asked);
            }
        });

    [Fact]
    public void The_most_that_can_be_added_can_be_and_one_hour_more_cannot() =>
        Gen.Select(Lives, Acts)
            .Sample(
                (life, last) =>
                {
                    var state = Lived(life.Tranches, life.Acts);
                    if (Asked(state, last with { Kind = Kind.TopUp, Hours = 9 }) is not { } asked)
                        return;
                    var most = new PromisePlan(state.Tranches, state.Promises, Start).MostFor(asked);
                    Assert.True(Brute.Serve(state.Tranches, [.. state.Promises, asked with { Time = most }]));
                    Assert.True(
                        most == asked.Time || !Brute.Serve(state.Tranches, [.. state.Promises, asked with { Time = most + Time(1) }])
                    );
                }
            );

    [Fact]
    public void What_stays_of_time_that_comes_back_can_be_served_and_one_hour_more_cannot() =>
        Gen.Select(Lives, Acts)
            .Sample(
                (life, last) =>
                {
                    var state = Lived(life.Tranches, life.Acts);
                    if (state.Whole(last.Which) is not { IsReserved: false } grant)
                        return;
                    var back = Time(last.Hours);
                    var kept = new PromisePlan(state.Tranches, state.Promises, Start).KeptOf(grant.Id, back);
                    if (state.Added(grant.Id) + grant.Time.Hours + kept.Hours > Usable(grant))
                    {
                        // What its GPUs cannot use by its end takes from nobody.
                        Assert.Equal(back, kept);
                        return;
                    }

                    Assert.True(Brute.Serve(state.Tranches, state.Replaced(grant with { Time = grant.Time + kept }).Promises));
                    var more = state.Replaced(grant with { Time = grant.Time + kept + Time(1) });
                    Assert.True(kept == back || !Brute.Serve(more.Tranches, more.Promises));
                }
            );

    [Fact]
    public void Whatever_comes_back_and_whenever_takes_from_nobody_what_they_would_get() =>
        Gen.Select(Lives, Acts, Gen.Int[0, Hours])
            .Sample(
                (life, last, passed) =>
                {
                    var (state, at) = (Lived(life.Tranches, life.Acts), Start.AddHours(passed));
                    if (state.Whole(last.Which) is not { IsReserved: false } grant)
                        return;
                    var plan = new PromisePlan(state.Tranches, state.Promises, at);
                    var kept = plan.KeptOf(grant.Id, Time(last.Hours));
                    var after = new PromisePlan(state.Tranches, state.Replaced(grant with { Time = grant.Time + kept }).Promises, at);
                    // Without tranches, everybody lacks what they would get.
                    var gets = after.AtRisk([]).ToDictionary(one => one.Promise.Id, one => one.Lacks);
                    foreach (var (promise, had) in plan.AtRisk([]))
                        Assert.True(gets.GetValueOrDefault(promise.Id) >= had);
                }
            );

    [Fact]
    public void What_comes_back_to_many_at_once_stays_as_if_it_came_one_after_the_other_or_takes_from_nobody() =>
        Gen.Select(Lives, Gen.Int[1, 4].Array[MostPromises], Gen.Int[0, Hours], Gen.Bool)
            .Sample(
                (life, hours, passed, isCrowded) =>
                {
                    var (state, at) = (Lived(life.Tranches, life.Acts), Start.AddHours(passed));
                    GpuPromise[] crowd = isCrowded ? Many : [];
                    GpuPromise[] grants = [.. state.Promises.Where(one => one is { IsReserved: false, Joins: null }).Take(hours.Length)];
                    List<(Guid Id, GpuTime Back)> backs = [.. grants.Select((one, i) => (one.Id, Time(hours[i])))];
                    var plan = new PromisePlan(state.Tranches, [.. crowd, .. state.Promises], at);
                    var kept = plan.KeptOfAll(backs);
                    var (after, one) = (state, plan);
                    foreach (var (i, grant) in grants.Index())
                    {
                        Assert.InRange(kept[i].Seconds, one.KeptOf(grant.Id, Time(hours[i])).Seconds, Time(hours[i]).Seconds);
                        after = after.Replaced(grant with { Time = grant.Time + kept[i] });
                        one = new PromisePlan(state.Tranches, [.. crowd, .. after.Promises], at);
                    }

                    // Without tranches, everybody lacks what they would get.
                    var gets = one.AtRisk([]).ToDictionary(each => each.Promise.Id, each => each.Lacks);
                    foreach (var (promise, had) in plan.AtRisk([]))
                        Assert.True(gets.GetValueOrDefault(promise.Id) >= had);
                }
            );

    [Fact]
    public void What_passed_undelivered_is_at_most_what_nobody_can_have_used() =>
        Gen.Select(Lives, Gen.Int[0, Hours], Gen.Int[0, 3].Array[60])
            .Sample(
                (life, passed, uses) =>
                {
                    var (state, used, next) = (Lived(life.Tranches, life.Acts), new Dictionary<Guid, int>(), 0);
                    var account = state.Tranches.Sum(one => one.TimeFrom(Start).Hours) - state.Promises.Sum(one => one.Time.Hours);
                    if (account < 0)
                        return;
                    // In each hour that passed, some used what they have. None of it is reported yet.
                    for (var hour = 0; hour < passed; hour++)
                        foreach (var one in state.Promises.Where(one => one.Joins is null && !one.IsReserved))
                            if (one.StartsAt <= Start.AddHours(hour) && Start.AddHours(hour) < one.EndsAt)
                                used[one.Id] = Math.Min(
                                    (int)one.Time.Hours,
                                    used.GetValueOrDefault(one.Id) + Math.Min(one.Gpus, uses[next++ % uses.Length])
                                );
                    var at = Start.AddHours(passed);
                    var back = new PromisePlan(state.Tranches, state.Promises, at).Undelivered(Time((int)account)).Hours;
                    // What is left of the account serves all that the tranches still bring and nobody is owed.
                    var owed = state.Promises.Sum(one => Left(one, used, at));
                    var free = state.Tranches.Sum(one => one.TimeFrom(at).Hours) - owed;
                    Assert.True(account - back >= Math.Min(account, free));
                }
            );

    private static decimal Left(GpuPromise one, Dictionary<Guid, int> used, DateTimeOffset at)
    {
        var hours = Math.Max(0, (one.EndsAt - (at > one.StartsAt ? at : one.StartsAt)).Hours) * one.Gpus;
        return one.IsReserved ? hours : Math.Min(hours, one.Time.Hours - used.GetValueOrDefault(one.Id));
    }

    private static int Usable(GpuPromise grant) => grant.Gpus * (int)(grant.EndsAt - grant.StartsAt).TotalHours;

    [Fact]
    public void An_audit_finds_nothing_wrong_however_much_of_a_life_was_used_and_reported() =>
        Gen.Select(Lives, Gen.Int[0, 3].Array[60], Gen.Int[0, Hours])
            .Sample(
                (life, uses, passed) =>
                {
                    var (state, used) = (new State(life.Tranches, []), new Dictionary<Guid, int>());
                    var next = 0;
                    for (var hour = 0; hour <= passed; hour++)
                    {
                        var at = Start.AddHours(hour);
                        foreach (var act in life.Acts.Where((_, i) => hour < Hours && i % (passed + 1) == hour))
                            if (act.Kind == Kind.Correct)
                                state = Corrected(state, act, at, used);
                            else if (Tried(state, act.NotBefore(hour), [], at) is { IsDone: true } tried)
                                state = tried.After;
                        Assert.Empty(PromiseAudit.Lacking(state.Tranches, Open(state, used), at)!);
                        // Some use what they have, some do not, and some report it later or never.
                        state = state with
                        {
                            Promises = [.. state.Promises.Select(one => Use(one, at, uses[next++ % uses.Length], used))],
                        };
                    }
                }
            );

    [Fact]
    public void An_audit_finds_what_was_promised_beyond_the_guard() =>
        Gen.Select(Lives, Acts)
            .Sample(
                (life, last) =>
                {
                    var state = Lived(life.Tranches, life.Acts);
                    if (
                        Tried(state, last, []) is not { } planted
                        || Schedules.Together(planted.After.Promises).Any(IsMoreThanItsGpusCanUse)
                    )
                        return;
                    var found = PromiseAudit.Lacking(planted.After.Tranches, Open(planted.After, []), Start)!;
                    Assert.Equal(planted.IsDone, found.Count == 0);
                }
            );

    private static bool IsMoreThanItsGpusCanUse(GpuPromise one) =>
        !one.IsReserved && one.Time.Seconds > one.Gpus * (one.EndsAt - one.StartsAt).TotalSeconds;

    /// <summary>What is true once all acts are tried.</summary>
    private static State Lived(Tranche[] tranches, Act[] acts) =>
        acts.Aggregate(new State(tranches, []), (state, act) => Tried(state, act, []) is { IsDone: true } tried ? tried.After : state);

    /// <summary>Tries an act by the guard's word.</summary>
    /// <returns>Null when there is nothing that it could be done to.</returns>
    private static Outcome? Tried(State state, Act act, GpuPromise[] filler, DateTimeOffset? at = null)
    {
        if (act.Kind is Kind.Grant or Kind.Reserve or Kind.TopUp && state.Promises.Length == MostPromises)
            return null;
        var plan = new PromisePlan(state.Tranches, [.. filler, .. state.Promises], at ?? Start);
        switch (act.Kind)
        {
            case Kind.Grant or Kind.TopUp:
                return Asked(state, act) is { } asked ? new Outcome(plan.MostFor(asked) == asked.Time, state.With(asked)) : null;
            case Kind.Reserve:
                var reserved = Asked(state, act)!.Value;
                return new Outcome(plan.MostGpusFor(reserved) == reserved.Gpus, state.With(reserved));
            case Kind.Approve:
                return state.Part(act.Which) is { } part ? Approved(plan, state, part, act) : null;
            case Kind.Withdraw:
                var tranches = state
                    .Tranches.Select(
                        (one, i) => i == act.Which % state.Tranches.Length ? one with { Gpus = Math.Max(0, one.Gpus - act.Gpus) } : one
                    )
                    .ToArray();
                return new Outcome(plan.AtRisk(tranches).Count == 0, state with { Tranches = tranches });
            default:
                return state.Whole(act.Which) is { } grant ? Changed(plan, state, grant, act) : null;
        }
    }

    private static Outcome? Changed(PromisePlan plan, State state, GpuPromise grant, Act act)
    {
        var (length, until) = (grant.EndsAt - grant.StartsAt, Start.AddHours(act.Until));
        switch (act.Kind)
        {
            case Kind.End:
                return new Outcome(true, state.Without(grant.Id));
            case Kind.Extend when grant.IsReserved && until > grant.EndsAt:
                var more = Reserved(grant with { Id = Guid.NewGuid(), StartsAt = grant.EndsAt, EndsAt = until }, grant.Gpus);
                return new Outcome(
                    plan.MostGpusFor(more) == more.Gpus,
                    state.Replaced(Reserved(grant with { EndsAt = until }, grant.Gpus))
                );
            case Kind.Extend when until > grant.EndsAt:
                return Other(plan, state, grant with { EndsAt = until });
            case Kind.Start when Start.AddHours(act.From) < grant.StartsAt:
                var start = Start.AddHours(act.From);
                return Other(plan, state, grant with { StartsAt = start, EndsAt = start + length });
            // A quote that is used gives a grant of its own, which may start later.
            case Kind.UseQuote
                when Start.AddHours(act.From) > grant.StartsAt && Start.AddHours(act.From) < grant.EndsAt && !grant.IsReserved:
                var used = grant with { Id = Guid.NewGuid(), StartsAt = Start.AddHours(act.From) };
                return state.Promises.Any(one => one.Joins == grant.Id)
                    ? null
                    : new Outcome(plan.MostInsteadOf(grant.Id, used) == used.Time, state.Without(grant.Id).With(used));
            // A correction says that it used less.
            case Kind.Correct when !grant.IsReserved:
                var back = Math.Min(act.Hours, Usable(grant) - (int)(state.Added(grant.Id) + grant.Time.Hours));
                return back <= 0
                    ? null
                    : new Outcome(
                        plan.KeptOf(grant.Id, Time(back)) == Time(back),
                        state.Replaced(grant with { Time = grant.Time + Time(back) })
                    );
            case Kind.Shrink when !grant.IsReserved:
                var gpus = Math.Min(grant.Gpus, act.Gpus);
                var end = until > grant.StartsAt && until < grant.EndsAt ? until : grant.EndsAt;
                // What its GPUs cannot use until then goes back.
                var most = gpus * (int)(end - grant.StartsAt).TotalHours;
                var smaller = grant with { Gpus = gpus, EndsAt = end, Time = Time(Math.Min((int)grant.Time.Hours, most)) };
                if (state.Added(grant.Id) + smaller.Time.Hours > most)
                    return null;
                return new Outcome(plan.LacksInsteadOf(smaller).IsZero, state.Replaced(smaller));
            default:
                return null;
        }
    }

    private static Outcome Other(PromisePlan plan, State state, GpuPromise changed) =>
        new(
            changed.IsReserved
                ? plan.MostGpusFor(changed, changed.Id) == changed.Gpus
                : plan.MostInsteadOf(changed.Id, changed) == changed.Time,
            state.Replaced(changed)
        );

    /// <summary>A person approves some of what waits. A review whose grant has ended comes to nothing.</summary>
    private static Outcome Approved(PromisePlan plan, State state, GpuPromise part, Act act)
    {
        var without = state.Without(part.Id);
        if (state.Promises.FirstOrDefault(one => one.Id == part.Joins) is not { Gpus: > 0 } grant)
            return new Outcome(true, without);
        var some = part with { Time = Time(Math.Min(act.Hours, (int)part.Time.Hours)) };
        some = some with { Gpus = grant.Gpus, StartsAt = grant.StartsAt, EndsAt = grant.EndsAt };
        return new Outcome(plan.MostInsteadOf(part.Id, some) == some.Time, without.Replaced(grant with { Time = grant.Time + some.Time }));
    }

    private static GpuPromise? Asked(State state, Act act)
    {
        var (from, until) = (Start.AddHours(act.From), Start.AddHours(act.Until));
        var pooled = new GpuPromise(Guid.NewGuid(), act.Gpus, from, until, Time(Math.Min(act.Hours, act.Gpus * (act.Until - act.From))));
        return act.Kind switch
        {
            Kind.Reserve => Reserved(pooled, act.Gpus),
            Kind.Grant => pooled,
            _ => state.Whole(act.Which) is { IsReserved: false } grant
                ? grant with
                {
                    Id = Guid.NewGuid(),
                    Time = Time(act.Hours),
                    Joins = grant.Id,
                }
                : null,
        };
    }

    private static GpuPromise Use(GpuPromise promise, DateTimeOffset at, int hours, Dictionary<Guid, int> used)
    {
        if (promise.IsReserved || promise.Joins is not null || promise.StartsAt > at || promise.EndsAt <= at)
            return promise;
        var reported = Math.Min(Math.Min(hours, promise.Gpus), (int)promise.Time.Hours);
        used[promise.Id] = used.GetValueOrDefault(promise.Id) + reported;
        return promise with { Time = GpuTime.FromSeconds(promise.Time.Seconds - Time(reported).Seconds) };
    }

    /// <summary>Some of what was reported was not used. As much of it stays as the plan says.</summary>
    private static State Corrected(State state, Act act, DateTimeOffset at, Dictionary<Guid, int> used)
    {
        if (state.Whole(act.Which) is not { IsReserved: false } grant)
            return state;
        var back = Math.Min(act.Hours, used.GetValueOrDefault(grant.Id));
        used[grant.Id] = used.GetValueOrDefault(grant.Id) - back;
        var kept = new PromisePlan(state.Tranches, state.Promises, at).KeptOf(grant.Id, Time(back));
        return state.Replaced(grant with { Time = grant.Time + kept });
    }

    private static IEnumerable<GpuPromise> Open(State state, Dictionary<Guid, int> used) =>
        state.Promises.Select(one => one with { Used = Time(used.GetValueOrDefault(one.Id)), MostGpus = 2 });

    private sealed record Act(Kind Kind, int Which, int From, int Until, int Gpus, int Hours)
    {
        public Act NotBefore(int hour) => this with { From = Math.Max(From, hour), Until = Math.Max(Until, Math.Max(From, hour) + 1) };
    }

    private sealed record Outcome(bool IsDone, State After);

    private sealed record State(Tranche[] Tranches, GpuPromise[] Promises)
    {
        public State With(GpuPromise one) => this with { Promises = [.. Promises, one] };

        public State Without(Guid id) => this with { Promises = [.. Promises.Where(one => one.Id != id)] };

        public State Replaced(GpuPromise one) => this with { Promises = [.. Promises.Select(other => other.Id == one.Id ? one : other)] };

        public GpuPromise? Whole(int which) => Nth([.. Promises.Where(one => one.Joins is null)], which);

        public GpuPromise? Part(int which) => Nth([.. Promises.Where(one => one.Joins is not null)], which);

        public decimal Added(Guid grant) => Promises.Where(one => one.Joins == grant).Sum(one => one.Time.Hours);

        private static GpuPromise? Nth(GpuPromise[] all, int which) => all.Length == 0 ? null : all[which % all.Length];
    }
}
