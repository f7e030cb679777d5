using GpuGrants.Api.Tests.Fire.Engine;

namespace GpuGrants.Benchmarks.Fire;

/// <summary>The rounds of a fire run: each kind in turn, each with seeds of its own.</summary>
internal sealed class FireRounds(Random seeds) : IAsyncDisposable
{
    private const int Calls = 150;
    private CrashCluster? _cluster;

    /// <summary>The next round's name and what it does.</summary>
    public IEnumerable<(string Name, Func<Task<FireRound>> RunAsync)> All()
    {
        for (var round = 0; ; round++)
        {
            yield return ("16 callers on two replicas", () => OrderAsync(breaks: false));
            yield return ("16 callers on two replicas, connections cut", () => OrderAsync(breaks: true));
            yield return ("connections cut at every step", () => CutAsync(round % 2));
            yield return ("late usage, corrections, disputes, outages, suspensions, ends and settlements at once", UsageAsync);
            yield return ("kill -9", CrashAsync);
            yield return ("kill -9 during deliveries", DeliveriesAsync);
            yield return ("a full disk", () => DiskAsync(round % 2 == 0));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    private async Task<string> DatabaseAsync() => (_cluster ??= await CrashCluster.StartAsync()).Database;

    private async Task<FireRound> OrderAsync(bool breaks)
    {
        var database = await DatabaseAsync();
        var report = await new OrderRun(database, seeds.Next()).RunAsync(Calls, breaks);
        return new FireRound(
            $"seed {report.Seed}: {report.Calls} calls, {report.Refused} refused, {report.Repeated} sent again{string.Concat(report.Standstills.Select(seen => "; " + seen))}",
            report.Calls,
            [.. report.Findings, .. await CrashCheck.VerifyAsync(database)]
        );
    }

    private async Task<FireRound> CutAsync(int parity)
    {
        var database = await DatabaseAsync();
        var report = await new CutRun(database).RunAsync(parity);
        return new FireRound(
            $"{report.Steps} steps, {report.Unanswered} callers left without an answer at first",
            report.Steps,
            [.. report.Findings, .. await CrashCheck.VerifyAsync(database)]
        );
    }

    private async Task<FireRound> UsageAsync()
    {
        await using var cluster = await CrashCluster.StartAsync();
        await using var run = new UsageRun(cluster.Database, seeds.Next());
        var report = await run.RunAsync(rounds: 20);
        var done = string.Join(", ", report.Done.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} {one.Value}"));
        return new FireRound(
            $"seed {report.Seed}: {report.Calls} calls, {report.Refused} refused; done: {done}",
            report.Calls,
            report.Findings
        );
    }

    private static async Task<FireRound> CrashAsync()
    {
        var report = await CrashRun.RunAsync(crashes => crashes < 3);
        return new FireRound(
            $"{report.Crashes} crashes, {report.Answered} calls, {report.Unanswered} of them answered only when they were sent again",
            report.Answered,
            report.Findings
        );
    }

    private static async Task<FireRound> DeliveriesAsync()
    {
        await using var cluster = await CrashCluster.StartAsync();
        var report = await DeliveryCrashRun.RunAsync(cluster.Database, kills => kills < 4);
        return new FireRound(
            $"{report.Kills} kills, {report.Deliveries} deliveries, {report.Repeated} of them sent again",
            report.Deliveries,
            report.Findings
        );
    }

    private static async Task<FireRound> DiskAsync(bool mayMount)
    {
        var report = await DiskRun.RunAsync(fillings: 3, mayMount);
        return new FireRound($"{report.Fillings} times full, {report.Calls} calls", report.Calls, report.Findings);
    }
}

/// <summary>What a round did and found.</summary>
/// <param name="Said">In words.</param>
/// <param name="Calls">How much was asked.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record FireRound(string Said, int Calls, IReadOnlyList<string> Findings);
