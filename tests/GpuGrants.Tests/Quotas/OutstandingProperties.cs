using CsCheck;
using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>
/// Random lives of grants under one limit on use. The model knows no counter: it asks what all grants could still use, hour by hour, if
/// everybody did their worst.
/// </summary>
public class OutstandingProperties
{
    private const int Limit = 40;

    private static readonly DateTimeOffset Start = new(2026, 3, 27, 3, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Act[]> Acts = Gen.Select(
            Gen.Int[0, 10],
            Gen.OneOfConst(0, 1, 5, 20, 60),
            Gen.Int[1, 45],
            Gen.Int[1, 3],
            Gen.OneOfConst(0, 0, 7, 40, 200),
            Gen.OneOfConst(5, 24, 100, 500),
            Gen.Int[0, 1_000]
        )
        .Select(one => new Act(one.Item1, one.Item2, one.Item3, one.Item4, one.Item5, one.Item6, one.Item7))
        .Array[1, 40];

    [Theory]
    [InlineData("""{"kind":"lifetime"}""")]
    [InlineData("""{"kind":"calendar","unit":"day"}""")]
    [InlineData("""{"kind":"calendar","unit":"month"}""")]
    [InlineData("""{"kind":"anchored","length":"P3D","anchor":"2026-01-01"}""")]
    [InlineData("""{"kind":"rolling","duration":"P2D"}""")]
    public void Whatever_grants_do_no_window_ever_holds_more_use_than_the_limit(string window) =>
        Acts.Sample(
            acts =>
            {
                var run = new Run(window);
                foreach (var act in acts)
                {
                    run.Take(act);
                    foreach (var (from, to) in run.Windows())
                        Assert.True(run.WorstIn(from, to) <= Limit, $"{run.WorstIn(from, to)} hours from {from} to {to}");
                }
            },
            iter: 100
        );

    [Fact]
    public void Counters_folded_from_the_history_are_those_that_were_kept() =>
        Gen.Select(Acts, Gen.OneOfConst("day", "month"))
            .Sample(
                (acts, unit) =>
                {
                    var run = new Run($$"""{"kind":"calendar","unit":"{{unit}}"}""");
                    foreach (var act in acts)
                        run.Take(act);
                    var again = Quota.Of(run.Quota.Compiled.Rules[0].Policy);
                    foreach (var fact in run.History)
                        again.Happens(fact);
                    foreach (var (key, counter) in run.Quota.Counters.All)
                        Assert.Equal(counter.ToString(), again.Counters.Find(key)!.ToString());
                },
                iter: 50
            );

    private sealed record Act(int Kind, int WaitHours, int Hours, int Gpus, int StartsIn, int LastsHours, int Pick);

    private sealed class Grant(int from, int to, int gpus, int hours)
    {
        public int From { get; } = from;

        public int To { get; set; } = to;

        public int Gpus { get; } = gpus;

        public int Left { get; set; } = hours;

        /// <summary>Hours in which all its GPUs were used.</summary>
        public HashSet<int> Used { get; } = [];

        public List<Record> Records { get; } = [];

        public bool IsOver { get; set; }
    }

    private sealed record Record(int From, int To, int RecordedAt);

    private sealed class Run(string window)
    {
        private readonly List<Grant> _grants = [];
        private int _now;

        public Quota Quota { get; } =
            Quota.OfRule($$""" "measure":"gpu-hours-used","limit":{"gpuHours":"{{Limit}}"},"window":{{window}}""");

        public List<QuotaFact> History { get; } = [];

        public void Take(Act act)
        {
            _now += act.WaitHours;
            var grants = _grants.Where(one => !one.IsOver).ToList();
            if (act.Kind <= 3 || grants.Count == 0)
                Ask(act);
            else if (act.Kind <= 5)
                Use(grants[act.Pick % grants.Count], act);
            else if (act.Kind <= 7)
                End(grants[act.Pick % grants.Count]);
            else
                Correct(grants[act.Pick % grants.Count], act);
        }

        /// <summary>The most hours of use that the stretch could ever hold.</summary>
        public int WorstIn(int from, int to) =>
            _grants.Sum(grant =>
            {
                var hours = Enumerable.Range(from, to - from).Where(hour => grant.From <= hour && hour < grant.To).ToList();
                var used = hours.Count(grant.Used.Contains) * grant.Gpus;
                return used + Math.Min(grant.Left, (hours.Count * grant.Gpus) - used);
            });

        /// <summary>All windows that touch a grant, in hours since the start.</summary>
        public IEnumerable<(int From, int To)> Windows()
        {
            if (_grants.Count == 0)
                return [];
            var (first, last) = (_grants.Min(one => one.From), _grants.Max(one => one.To));
            if (window.Contains("lifetime", StringComparison.Ordinal))
                return [(first, last)];
            if (window.Contains("rolling", StringComparison.Ordinal))
                return Enumerable.Range(0, ((last - first) / 3) + 16).Select(step => (first - 48 + (3 * step), first + (3 * step)));
            return Enumerable.Range(first, last - first).GroupBy(Name).Select(group => (group.Min(), group.Max() + 1));
        }

        /// <summary>By the wall clock of Seoul, nine hours ahead.</summary>
        private string Name(int hour)
        {
            var local = At(hour).AddHours(9);
            return window.Contains("day", StringComparison.Ordinal) ? $"{local:yyyy-MM-dd}"
                : window.Contains("month", StringComparison.Ordinal) ? $"{local:yyyy-MM}"
                : $"{(local.Date - new DateTime(2026, 1, 1)).Days / 3}";
        }

        private void Ask(Act act)
        {
            var grant = new Grant(_now + act.StartsIn, _now + act.StartsIn + act.LastsHours, act.Gpus, act.Hours);
            var ask = Quota.AskFor(act.Hours, gpus: act.Gpus) with { Life = LifeOf(grant) };
            var match = Quota.Compiled.Match(Quota.Startup with { Gpus = act.Gpus });
            if (QuotaDecision.Decide(match, ask, Quota.Counters, At(_now)).Verdict != QuotaVerdict.Approve)
                return;
            Happens(QuotaFact.Granted(At(_now), At(_now), ask.Time, ask.Credits, act.Gpus).Of(LifeOf(grant), GpuTime.Zero));
            _grants.Add(grant);
        }

        /// <summary>Uses all GPUs for some hours that have passed, in one record.</summary>
        private void Use(Grant grant, Act act)
        {
            var (from, to) = Free(grant, act, grant.Left);
            if (to == from)
                return;
            var time = Quota.Hours((to - from) * grant.Gpus);
            Happens(QuotaFact.Used(At(_now), At(to), time).Since(At(from)).Of(LifeOf(grant), Quota.Hours(grant.Left)));
            grant.Used.UnionWith(Enumerable.Range(from, to - from));
            grant.Left -= (to - from) * grant.Gpus;
            grant.Records.Add(new Record(from, to, _now));
        }

        /// <summary>Hours in a row that have passed and were not used.</summary>
        private (int From, int To) Free(Grant grant, Act act, int left)
        {
            var until = Math.Min(_now, grant.To);
            if (until <= grant.From)
                return default;
            var from = grant.From + (act.Pick % (until - grant.From));
            var to = from;
            while (to < until && to - from < act.Hours && !grant.Used.Contains(to) && (to - from + 1) * grant.Gpus <= left)
                to++;
            return (from, to);
        }

        /// <summary>Voids a record, or puts other hours in its place. What finds no room returns.</summary>
        private void Correct(Grant grant, Act act)
        {
            if (grant.Records.Count == 0)
                return;
            var record = grant.Records[act.Pick % grant.Records.Count];
            var old = Enumerable.Range(record.From, record.To - record.From).ToList();
            grant.Used.ExceptWith(old);
            var all = grant.Left + (old.Count * grant.Gpus);
            var (from, to) = act.Kind == 8 ? default : Free(grant, act, all);
            var (life, more) = (LifeOf(grant), Quota.Hours(old.Count * grant.Gpus));
            List<QuotaFact> facts =
            [
                QuotaFact.Unused(At(_now), At(record.To), more).Since(At(record.From)).Of(life, Quota.Hours(grant.Left)),
            ];
            if (to > from)
                facts.Add(
                    QuotaFact.Used(At(_now), At(to), Quota.Hours((to - from) * grant.Gpus)).Since(At(from)).Of(life, Quota.Hours(all))
                );
            var match = Quota.Compiled.Match(Quota.Startup with { Gpus = grant.Gpus });
            var returned = CorrectionRoom.Missing(match, facts, At(record.RecordedAt), Quota.Counters, At(_now)).Time;
            var left = Quota.Hours(all - ((to - from) * grant.Gpus));
            if (returned.Seconds > left.Seconds)
            {
                grant.Used.UnionWith(old);
                return;
            }

            foreach (var fact in facts)
                Happens(fact);
            Happens(QuotaFact.Returned(At(_now), At(0), returned, default).Of(life, left));
            grant.Used.UnionWith(Enumerable.Range(from, to - from));
            grant.Records.Remove(record);
            if (to > from)
                grant.Records.Add(new Record(from, to, record.RecordedAt));
            grant.Left = (int)((left - returned).Seconds / 3_600);
        }

        /// <summary>Ends the grant; when it has ended already, settles it.</summary>
        private void End(Grant grant)
        {
            var life = LifeOf(grant);
            var isSettled = grant.To <= _now;
            var to = Math.Max(grant.From, Math.Min(grant.To, _now));
            var possible = (to - grant.From) * grant.Gpus;
            var reserved = isSettled ? 0 : Math.Min(grant.Left, possible - (grant.Used.Count * grant.Gpus));
            Happens(QuotaFact.Returned(At(_now), At(0), Quota.Hours(grant.Left - reserved), default).Of(life, Quota.Hours(grant.Left)));
            Happens(QuotaFact.GrantEnded(At(_now), At(0), grant.Gpus).Of(life, Quota.Hours(reserved)));
            (grant.Left, grant.To, grant.IsOver) = (reserved, to, isSettled);
        }

        private void Happens(QuotaFact fact)
        {
            History.Add(fact);
            Quota.Happens(fact);
        }

        private static GrantLife LifeOf(Grant grant) => new(At(grant.From), At(grant.To), grant.Gpus);

        private static DateTimeOffset At(int hour) => Start.AddHours(hour);
    }
}
