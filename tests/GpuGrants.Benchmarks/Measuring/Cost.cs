using System.Diagnostics;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>What a round cost: CPU of this process and of PostgreSQL, and write-ahead log, each per answer.</summary>
internal static class Cost
{
    public static async Task<Round> MeasureAsync(BenchServer server, int seconds, Func<Task<Round>> round)
    {
        var wal = await server.WalBytesAsync();
        var postgres = server.CpuTime();
        using var process = Process.GetCurrentProcess();
        var own = process.TotalProcessorTime;
        var measured = await round();
        process.Refresh();
        var answers = Math.Max(1, measured.PerSecond * (measured.Seconds ?? seconds));
        return measured with
        {
            Figures = new Dictionary<string, double>(measured.Figures)
            {
                ["service_cpu_us"] = (process.TotalProcessorTime - own).TotalMicroseconds / answers,
                ["postgres_cpu_us"] = (server.CpuTime() - postgres).TotalMicroseconds / answers,
                ["wal_bytes"] = (double)(await server.WalBytesAsync() - wal) / answers,
                ["peak_memory_mb"] = process.PeakWorkingSet64 / 1e6,
            },
        };
    }
}
