namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Latencies of one round: one list a caller, so that nobody waits to write his down.</summary>
internal sealed class Latencies(int callers)
{
    private readonly List<float>[] _byCaller = [.. Enumerable.Range(0, callers).Select(_ => new List<float>(1 << 14))];

    public void Add(int caller, TimeSpan latency) => _byCaller[caller].Add((float)latency.TotalMilliseconds);

    public long Count => _byCaller.Sum(list => (long)list.Count);

    /// <summary>The quantile in milliseconds.</summary>
    public double At(double quantile)
    {
        var all = _byCaller.SelectMany(list => list).ToArray();
        if (all.Length == 0)
            return 0;
        Array.Sort(all);
        return all[Math.Min(all.Length - 1, (int)(all.Length * quantile))];
    }
}
