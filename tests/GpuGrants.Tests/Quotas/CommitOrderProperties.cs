using CsCheck;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>
/// Facts of several trees meet in one counter, in the order in which their batches commit. Clocks differ and batches wait, so that is not
/// the order of the clocks. Whatever it is, a recount in the order of time agrees.
/// </summary>
public sealed class CommitOrderProperties
{
    private static readonly Guid[] Roots = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

    private static readonly string[] Windows =
    [
        """{"kind":"lifetime"}""",
        """{"kind":"calendar","unit":"hour"}""",
        """{"kind":"calendar","unit":"hour","carryOver":{"max":MOST}}""",
        """{"kind":"anchored","length":"P1D","anchor":"2026-01-31"}""",
        """{"kind":"rolling","duration":"PT2H"}""",
        """{"kind":"first-use","duration":"PT2H"}""",
    ];

    private static readonly (string Measure, string Most)[] Measures =
    [
        ("gpu-hours-granted", """{"gpuHours":"9"}"""),
        ("gpu-hours-used", """{"gpuHours":"9"}"""),
        ("requests-made", """{"count":9}"""),
    ];

    /// <summary>Each window with each measure that it fits, and what exists at a moment.</summary>
    private static readonly string[] Rules =
    [
        .. from window in Windows
        from measure in Measures
        from refund in new[] { "", "\"refund\":true," }
        where refund.Length == 0 || measure.Measure == "gpu-hours-granted"
        select $"\"measure\":\"{measure.Measure}\",{refund}\"limit\":{measure.Most},\"window\":{window.Replace("MOST", measure.Most)}",
        "\"measure\":\"active-grants\",\"limit\":{\"count\":9},\"window\":{\"kind\":\"concurrent\"}",
        "\"measure\":\"open-requests\",\"limit\":{\"count\":9},\"window\":{\"kind\":\"concurrent\"}",
    ];

    private static readonly CompiledQuotas Compiled = CompiledQuotas.Compile(
        [Quota.Published(Quota.Document([.. Rules.Select((rule, i) => Quota.Rule(rule, $"r{i}"))])) with { ScopeProgrammeId = null }],
        []
    );

    /// <summary>A batch: how far its clock is off, the time that passes before it, and what it does in which trees.</summary>
    private static readonly Gen<(int SkewMinutes, int WaitMinutes, (int Root, int Kind, int BackMinutes)[] Commands)[]> Batches =
        Gen.Select(
            Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[-90, 90])),
            Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 100])),
            Gen.Select(Gen.Int[0, Roots.Length - 1], Gen.Int[0, 5], Gen.Int[0, 200]).Array[1, 3]
        ).Array[2, 25];

    [Fact]
    public void Every_kind_of_window_that_needs_counters_is_among_them() =>
        Assert.Equal(
            QuotaWindow.KindWords.Where(kind => kind != "per-request").Order(),
            Compiled.Signatures.Select(one => one.Window.Kind).Distinct().Order()
        );

    [Fact]
    public void Counters_that_several_trees_share_are_what_a_recount_in_the_order_of_time_says() =>
        Batches.Sample(
            batches =>
            {
                var run = new Run();
                foreach (var (skew, wait, commands) in batches)
                    run.Commit(skew, wait, commands);
                var recounted = new CountersInMemory();
                foreach (var one in run.InOrderOfTime())
                    Compiled.Match(one.Context).Apply(one.Fact, recounted);
                var signatures = Compiled.Signatures.ToDictionary(one => one.Id);
                foreach (var (key, counter) in run.Counters.All)
                {
                    var other = recounted.Find(key)!;
                    var signature = signatures[key.SignatureId];
                    Assert.True(counter.AnswersAs(other, signature, run.Latest), $"{signature.Canonical}: {counter}, recounted {other}");
                    var (sum, read) = (run.TrueSum(signature), Read(counter, signature, run.Latest));
                    Assert.True(sum == read, $"{signature.Canonical}: {read}, in truth {sum}");
                }
            },
            iter: 1_000
        );

    private static (long Used, long Held) Read(QuotaCounter counter, RuleSignature signature, DateTimeOffset at)
    {
        var reading = counter.Read(signature, at);
        // What grants may still use is no matter of order.
        return (reading.Used, signature.Measure == QuotaMeasure.GpuHoursUsed ? 0 : reading.Held);
    }

    /// <summary>
    /// What a service does: it locks the trees of the commands and those of the counters, and commits one batch after another.
    /// </summary>
    private sealed class Run
    {
        private static readonly TreeId Counting = TreeId.Of(Quota.Organization);

        private readonly Dictionary<TreeId, DateTimeOffset> _latest = [];
        private readonly List<(Guid Root, QuotaContext Context, QuotaFact Fact)> _facts = [];
        private readonly List<(Guid Root, DateTimeOffset CountsAt, bool IsHeld)> _open = [];
        private DateTimeOffset _clock = Quota.Noon;

        public CountersInMemory Counters { get; } = new();

        public DateTimeOffset Latest => _facts.Max(one => one.Fact.At);

        /// <summary>Facts by time; those of one moment tree by tree; those of a tree as they happened.</summary>
        public IEnumerable<(Guid Root, QuotaContext Context, QuotaFact Fact)> InOrderOfTime() =>
            _facts.OrderBy(one => one.Fact.At).ThenBy(one => one.Root);

        public void Commit(int skewMinutes, int waitMinutes, (int Root, int Kind, int BackMinutes)[] commands)
        {
            _clock += TimeSpan.FromMinutes(waitMinutes);
            var clock = _clock.AddMinutes(skewMinutes);
            TreeId[] trees = [.. commands.Select(one => TreeId.Of(Roots[one.Root])).Distinct(), Counting];
            var at = BusinessTime.OfAll(
                trees.Select(tree => BusinessTime.Of(clock, _latest.GetValueOrDefault(tree))),
                [_latest.GetValueOrDefault(Counting)],
                Compiled.CountsTreesInOrder
            );
            for (var i = 0; i < commands.Length; i++)
            {
                if (i > 0 && commands[i].Root != commands[i - 1].Root)
                    at += BusinessTime.Step;
                Do(Roots[commands[i].Root], commands[i].Kind, at, at.AddMinutes(-commands[i].BackMinutes));
            }

            foreach (var tree in trees)
                _latest[tree] = at;
        }

        private void Do(Guid root, int kind, DateTimeOffset at, DateTimeOffset before)
        {
            var hour = GpuTime.FromSeconds(3_600);
            var own = _open.FindIndex(one => one.Root == root && one.IsHeld == (kind == 3));
            switch (kind)
            {
                case 0:
                    Happens(root, QuotaFact.Requested(at), QuotaFact.Held(at, hour, default, 1));
                    _open.Add((root, at, true));
                    break;
                case 1:
                    Happens(root, QuotaFact.Requested(at), QuotaFact.RequestClosed(at, at), QuotaFact.Granted(at, at, hour, default, 1));
                    _open.Add((root, at, false));
                    break;
                case 2:
                    Happens(root, QuotaFact.Used(at, before, hour));
                    break;
                case 3 when own >= 0:
                    var held = _open[own].CountsAt;
                    Happens(
                        root,
                        QuotaFact.HoldReleased(at, held, hour, default, 1, isWhole: true),
                        QuotaFact.RequestClosed(at, held),
                        QuotaFact.Granted(at, held, hour, default, 1)
                    );
                    _open[own] = (root, held, false);
                    break;
                case 4 when own >= 0:
                    var granted = _open[own].CountsAt;
                    Happens(root, QuotaFact.Returned(at, granted, hour, default), QuotaFact.GrantEnded(at, granted, 1));
                    _open.RemoveAt(own);
                    break;
                default:
                    Happens(root, QuotaFact.Requested(at), QuotaFact.RequestClosed(at, at));
                    break;
            }
        }

        private void Happens(Guid root, params QuotaFact[] facts)
        {
            var context = Quota.Startup with { RootProgrammeId = root, ProgrammePath = [root] };
            foreach (var fact in facts)
            {
                _facts.Add((root, context, fact));
                Compiled.Match(context).Apply(fact, Counters);
            }
        }

        /// <summary>What counts at the latest moment, by the plain meaning of the window.</summary>
        public (long Used, long Held) TrueSum(RuleSignature signature)
        {
            List<Counted> counted =
            [
                .. from one in InOrderOfTime()
                let change = signature.Measure.Change(one.Fact, signature.Refund)
                where change != default
                select new Counted(one.Fact.At, InMilliseconds(one.Fact.CountsAt), change.Used, change.Held),
            ];
            var now = InMilliseconds(Latest);
            return NaiveCount.Sum(
                signature.Window is FirstUseWindow first
                    ? NaiveCount.FirstUse(counted, first.Duration, now)
                    : counted.Where(one => NaiveCount.IsSameWindow(signature.Window, signature.TimeZone ?? "UTC", one.CountsAt, now))
            );
        }

        /// <summary>Windows begin and end at whole milliseconds.</summary>
        private static DateTimeOffset InMilliseconds(DateTimeOffset moment) =>
            DateTimeOffset.FromUnixTimeMilliseconds(moment.ToUnixTimeMilliseconds());
    }
}
