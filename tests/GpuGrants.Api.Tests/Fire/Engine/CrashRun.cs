using GpuGrants.Api.Http.Idempotency;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Kills the service and PostgreSQL in the middle of load, again and again, and looks each time whether anything was lost, doubled or
/// halved.
/// </summary>
internal static class CrashRun
{
    private const int CallsBeforeACrash = 80;

    /// <summary>A service that answers nobody for so long is a finding of its own.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Crashes until <paramref name="goesOn"/> says no; the first is the service's, the second PostgreSQL's, the third that of both, and so
    /// on.
    /// </summary>
    public static async Task<CrashReport> RunAsync(Func<int, bool> goesOn)
    {
        await using var cluster = await CrashCluster.StartAsync();
        var service = await ServiceProcess.StartAsync(cluster.Database);
        try
        {
            using var http = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(30) };
            var load = new CrashLoad(await CrashScene.CreateAsync(http, cluster.Database, startups: 4), callers: 16);
            var (crashes, unanswered, findings) = (0, 0, new List<string>());
            while (findings.Count == 0 && goesOn(crashes))
            {
                using var stop = new CancellationTokenSource();
                var calling = load.RunAsync(stop.Token);
                await load.AnsweredMoreAsync(CallsBeforeACrash).WaitAsync(Patience);
                if (crashes % 3 is 1 or 2)
                    await cluster.CrashAsync();
                if (crashes % 3 is 0 or 2)
                    service = await AgainAsync(service, cluster.Database);
                crashes++;
                await load.AnsweredMoreAsync(1).WaitAsync(Patience);
                await stop.CancelAsync();
                await calling;
                unanswered += load.Unanswered;
                findings.AddRange(await CrashCheck.RunAsync(cluster.Database));
                await load.SettleAsync();
                findings.AddRange(load.Strange());
                findings.AddRange(await CrashCheck.AnsweredAsync(cluster.Database, load.Answered));
                findings.AddRange(await load.RepeatAsync(20));
            }

            findings.AddRange(await CrashCheck.RunAsync(cluster.Database));
            return new CrashReport(crashes, load.Answered.Count, unanswered, findings);
        }
        finally
        {
            service.Dispose();
        }
    }

    private static async Task<ServiceProcess> AgainAsync(ServiceProcess service, string database)
    {
        await service.KillAsync();
        service.Dispose();
        return await ServiceProcess.StartAsync(database, service.Address.Port);
    }
}

/// <summary>What a run of crashes found.</summary>
/// <param name="Crashes">How often something was killed.</param>
/// <param name="Answered">Calls that were answered in the end.</param>
/// <param name="Unanswered">Those of them whose answer was lost at first.</param>
/// <param name="Findings">What is wrong; the run ends at the first crash that shows something.</param>
internal sealed record CrashReport(int Crashes, int Answered, int Unanswered, IReadOnlyList<string> Findings);
