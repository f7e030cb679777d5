using System.Diagnostics;
using System.Globalization;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Units;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Pure decisions per second on one core with 10, 100 and 1,000 rules of which 10 match, and what one allocates.</summary>
internal static class QuotasBench
{
    private const int Organizations = 1_000;
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        int[] sizes = [10, 100, 1_000];
        var worlds = sizes.Select(rules => new World(rules)).ToArray();
        foreach (var world in worlds)
            world.Run(TimeSpan.FromSeconds(2));
        var rates = sizes.ToDictionary(size => size, _ => new List<(double PerSecond, double Bytes)>());
        // Short turns and many of them: what else runs on the machine meets all sizes alike.
        for (var turn = 0; turn < options.Rounds * 3; turn++)
            foreach (var (index, world) in worlds.Index())
                rates[sizes[index]].Add(world.Run(TimeSpan.FromSeconds(Math.Max(0.1, options.Seconds / 9.0))));
        var json = new Dictionary<string, object> { ["label"] = "pure decisions on one core" };
        foreach (var size in sizes)
        {
            var perSecond = BenchReport.Median(rates[size].Select(one => one.PerSecond));
            var bytes = BenchReport.Median(rates[size].Select(one => one.Bytes));
            json[$"rules_{size}_per_s"] = Math.Round(perSecond);
            json[$"rules_{size}_bytes"] = Math.Round(bytes);
            BenchReport.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{size, 5:N0} rules, 10 match: {perSecond:N0} decisions/s, {bytes:N0} bytes allocated each"
                )
            );
        }

        var ten = BenchReport.Median(rates[10].Select(one => one.PerSecond));
        var kept = BenchReport.Median(rates[1_000].Select(one => one.PerSecond)) / ten;
        json["ours_per_s"] = Math.Round(ten);
        json["reference_per_s"] = 500_000;
        json["ratio"] = Math.Round(ten / 500_000, 3);
        json["kept_with_1000_rules"] = Math.Round(kept, 3);
        json["p50_ms"] = Math.Round(1_000 / ten, 6);
        json["p99_ms"] = json["p50_ms"];
        BenchReport.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"target 500,000/s with 10 rules: {(ten >= 500_000 ? "met" : "missed")}; with 1,000 rules {kept:P0} of "
                    + $"that (target 80 %: {(kept >= 0.8 ? "met" : "missed")})"
            )
        );
        json["simulation"] = await SimulationBench.RunAsync(options);
        return BenchReport.End(options, json);
    }

    /// <summary>Policies with counters that organizations have used.</summary>
    private sealed class World
    {
        private readonly CompiledQuotas _quotas;
        private readonly CountersInMemory _counters = new();
        private readonly QuotaContext[] _contexts = [.. Enumerable.Range(0, Organizations).Select(i => ManyRules.Context(i, Now))];
        private readonly QuotaAsk _ask = new(GpuTime.FromSeconds(3_600), Rate.FromMillicredits(1_000), 1);

        public World(int rules)
        {
            _quotas = ManyRules.Compile(rules);
            foreach (var context in _contexts)
            {
                var match = _quotas.Match(context);
                match.Apply(QuotaFact.Requested(Now), _counters);
                match.Apply(QuotaFact.Granted(Now, Now, _ask.Time, _ask.Credits, 1), _counters);
            }

            var evaluations = QuotaDecision.Decide(_quotas.Match(_contexts[0]), _ask, _counters, Now).Evaluations.Count;
            if (evaluations != 10)
                throw new InvalidOperationException($"{evaluations} rules match, not 10.");
        }

        public (double PerSecond, double Bytes) Run(TimeSpan duration)
        {
            var decided = 0L;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began) < duration)
            {
                foreach (var context in _contexts)
                    if (QuotaDecision.Decide(_quotas.Match(context), _ask, _counters, Now).Verdict != QuotaVerdict.Approve)
                        throw new InvalidOperationException("A decision went wrong.");
                decided += _contexts.Length;
            }

            var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return (decided / took, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / decided);
        }
    }
}
