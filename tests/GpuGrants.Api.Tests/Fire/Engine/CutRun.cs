using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Cuts the connection between the pipeline and PostgreSQL before each message of a few batches in turn, from the first of the connection
/// to the last answer, and looks each time whether what was asked is there exactly once.
/// </summary>
internal sealed class CutRun(string database)
{
    private const int Lanes = 4;
    private static readonly PipelineOptions Direct = new() { Shards = 1 };
    private int _cuts;

    /// <summary>
    /// Every step once: those of one parity with a pipeline that tries again, the others with one that says at once that nobody knows.
    /// </summary>
    public async Task<CutReport> RunAsync(int parity)
    {
        await using var direct = await Replica.StartAsync(database, FireClock.Right, Direct);
        var steps = await OnceAsync(direct, null, 0, []);
        var (next, unanswered, findings) = (0, 0, new List<string>());
        await Task.WhenAll(
            Enumerable
                .Range(0, Lanes)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (int step; (step = Interlocked.Increment(ref next)) <= steps; )
                        {
                            var found = new List<string>();
                            Interlocked.Add(ref unanswered, await OnceAsync(direct, Fault.Cut(step), step % 2 == parity ? 60 : 0, found));
                            lock (findings)
                                findings.AddRange(found.Select(finding => $"Cut before step {step} of {steps}: {finding}"));
                        }
                    })
                )
        );
        return new CutReport(_cuts, unanswered, findings);
    }

    /// <summary>Without a fault, how many steps there are; with one, how many callers were told that nobody knows.</summary>
    private async Task<int> OnceAsync(Replica direct, Fault? fault, int retrySeconds, List<string> findings)
    {
        var scene = await CutScene.CreateAsync(direct);
        await using var proxy = new Proxy(database);
        var answers = new Answer?[scene.Chains.Count];
        var steps = 0;
        await using (
            var replica = await Replica.StartAsync(
                proxy.Database,
                FireClock.Right,
                new PipelineOptions { Shards = 1, RetrySeconds = retrySeconds }
            )
        )
        {
            proxy.Set(fault);
            await Task.WhenAll(answers.Select(async (_, call) => answers[call] = await TryAsync(replica, scene, call)));
            steps = proxy.Steps;
        }

        // How the calls fall into batches is chance, so that a run may end before the step: nothing was cut then, and nothing counts.
        if (proxy.Struck.IsCompleted)
            Interlocked.Increment(ref _cuts);
        if (retrySeconds > 0 && answers.Contains(null))
            findings.Add("a caller was left without an answer, although the database was there again at once.");
        findings.AddRange(await scene.SettleAsync(direct, answers));
        return fault is null ? steps : answers.Count(answer => answer is null);
    }

    private static async Task<Answer?> TryAsync(Replica replica, CutScene scene, int call)
    {
        try
        {
            return await replica.SendAsync(scene.Tree, scene.KeyOf(call), scene.Chains[call]);
        }
        catch (PipelineUnavailableException)
        {
            return null;
        }
    }
}

/// <summary>What a run of cuts found.</summary>
/// <param name="Steps">Messages before each of which the connection was cut once.</param>
/// <param name="Unanswered">Calls whose callers had to send them again to learn what became of them.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record CutReport(int Steps, int Unanswered, IReadOnlyList<string> Findings);
