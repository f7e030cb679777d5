using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>
/// The reference: PostgreSQL's own benchmark, <c>pgbench -M prepared</c>, tpcb-like, on the same server over the same loopback interface.
/// </summary>
internal sealed partial class PgBench(BenchServer server, int scale, int clients)
{
    private const string DatabaseName = "pgbench";

    public string Description => $"pgbench -M prepared, tpcb-like, scale {scale}, {clients} clients";

    public async Task PrepareAsync()
    {
        await server.CreateAsync(DatabaseName, migrated: false);
        await RunAsync(server.Tool("pgbench", DatabaseName, "-i", "-q", "-s", scale.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Transactions per second.</summary>
    public async Task<double> RunAsync(int seconds)
    {
        var said = await RunAsync(
            server.Tool(
                "pgbench",
                DatabaseName,
                "-n",
                "-M",
                "prepared",
                "-c",
                clients.ToString(CultureInfo.InvariantCulture),
                "-j",
                "2",
                "-T",
                seconds.ToString(CultureInfo.InvariantCulture)
            )
        );
        var tps = Tps().Match(said);
        return tps.Success
            ? double.Parse(tps.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"pgbench said no rate: {said}");
    }

    private static async Task<string> RunAsync(ProcessStartInfo info)
    {
        using var process = Process.Start(info) ?? throw new InvalidOperationException("pgbench did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"pgbench failed: {await errors}");
        return await output;
    }

    [GeneratedRegex(@"tps = ([0-9.]+) \(without")]
    private static partial Regex Tps();
}
