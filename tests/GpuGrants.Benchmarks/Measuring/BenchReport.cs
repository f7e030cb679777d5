using System.Globalization;
using System.Text.Json;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Prints what was measured: for people, and with <c>--json</c> one object on the last line.</summary>
internal static class BenchReport
{
    public static void Begin(string name)
    {
        Console.WriteLine($"bench {name} on {Environment.ProcessorCount} cores, .NET {Environment.Version}");
    }

    public static void Say(string line) => Console.WriteLine(line);

    /// <summary>Both sides in turn, so that both see the same machine; medians and their ratio.</summary>
    public static async Task<Dictionary<string, object>> CompareAsync(
        BenchOptions options,
        string label,
        Func<Task<Round>> ours,
        string reference,
        Func<Task<double>> other,
        double target
    )
    {
        var own = new List<Round>();
        var others = new List<double>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            others.Add(await other());
            own.Add(await ours());
            Say(Invariant($"  round {round}: ours {own[^1].PerSecond:N0}/s, reference {others[^1]:N0}/s"));
        }

        var (mine, theirs) = (Median(own.Select(one => one.PerSecond)), Median(others));
        var ratio = mine / theirs;
        var goal = Invariant($"target {target:0.0#}, {(ratio >= target ? "met" : "missed")}");
        Say(Invariant($"{label}: {mine:N0}/s; {reference}: {theirs:N0}/s; ratio {ratio:0.00} ({goal})"));
        Say(Invariant($"  latency p50 {Median(own.Select(one => one.P50Ms)):0.00} ms, p99 {Median(own.Select(one => one.P99Ms)):0.00} ms"));
        var json = new Dictionary<string, object>
        {
            ["label"] = label,
            ["reference"] = reference,
            ["ours_per_s"] = Math.Round(mine, 1),
            ["reference_per_s"] = Math.Round(theirs, 1),
            ["ratio"] = Math.Round(ratio, 3),
            ["target"] = target,
            ["p50_ms"] = Math.Round(Median(own.Select(one => one.P50Ms)), 3),
            ["p99_ms"] = Math.Round(Median(own.Select(one => one.P99Ms)), 3),
        };
        foreach (var name in own[0].Figures.Keys)
        {
            json[name] = Math.Round(Median(own.Select(one => one.Figures[name])), 3);
            Say(Invariant($"  {name} {json[name]}"));
        }

        return json;
    }

    /// <summary>The same with a checkpoint before each side of each round, and with what our side cost.</summary>
    public static Task<Dictionary<string, object>> CompareAsync(
        BenchOptions options,
        BenchServer server,
        string label,
        Func<Task<Round>> ours,
        string reference,
        Func<Task<double>> other,
        double target
    )
    {
        return CompareAsync(options, label, OursAsync, reference, OtherAsync, target);

        async Task<Round> OursAsync()
        {
            await server.CheckpointAsync();
            return await Cost.MeasureAsync(server, options.Seconds, ours);
        }

        async Task<double> OtherAsync()
        {
            await server.CheckpointAsync();
            return await other();
        }
    }

    /// <summary>Says how long one caller waits with nobody beside them, and adds it to the result.</summary>
    public static void Alone(Dictionary<string, object> result, Round alone)
    {
        Say(Invariant($"  a lone caller: p50 {alone.P50Ms:0.00} ms, p99 {alone.P99Ms:0.00} ms"));
        result["lone_p50_ms"] = Math.Round(alone.P50Ms, 3);
    }

    /// <summary>The last line: the first result's members, with the others under <c>also</c>.</summary>
    public static int End(BenchOptions options, params IReadOnlyList<Dictionary<string, object>> results)
    {
        if (!options.Json)
            return 0;
        var all = new Dictionary<string, object>(results[0]);
        if (results.Count > 1)
            all["also"] = results.Skip(1).ToArray();
        Console.WriteLine(JsonSerializer.Serialize(all));
        return 0;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
