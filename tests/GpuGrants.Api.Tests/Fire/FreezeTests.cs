using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>The connection to PostgreSQL stands still, neither end hears of it, and what was under way arrives late.</summary>
public sealed class FreezeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly (string Moment, Func<WireMessage, bool> At)[] Moments =
    [
        ("opening", message => message is { FromService: true, Type: '\0', IsCancel: false }),
        ("the server's greeting", message => message is { FromService: false, Type: 'R' }),
        ("begin", message => message.IsExecute("begin")),
        ("the locks' answer", message => message.IsComplete("SELECT")),
        ("a read", message => message.IsExecute("from accounts")),
        ("a write", message => message.IsExecute("insert into transfers")),
        ("a write's answer", message => message.IsComplete("INSERT")),
        ("commit", message => message.IsExecute("commit")),
        ("commit's acknowledgement", message => message.IsComplete("COMMIT")),
        ("the end of the batch", message => message is { FromService: false, Type: 'Z' }),
    ];

    [Fact]
    public async Task Wherever_the_connection_freezes_the_wait_has_an_end_and_each_call_is_carried_out_once()
    {
        var database = await TestDatabase.CreateAsync();
        await using var direct = await Replica.StartAsync(database, FireClock.Right);
        int[] retrySeconds = [0, 60];
        var findings = await Task.WhenAll(
            Moments.SelectMany(one => retrySeconds.Select(retry => FreezeAsync(database, direct, one.Moment, one.At, retry)))
        );
        Assert.Empty(findings.SelectMany(one => one));
        Assert.Empty(await CrashCheck.VerifyAsync(database));
        await direct.DisposeAsync();
        await TestDatabase.DropAsync(database);
    }

    private static async Task<List<string>> FreezeAsync(
        string database,
        Replica direct,
        string moment,
        Func<WireMessage, bool> at,
        int retrySeconds
    )
    {
        var scene = await CutScene.CreateAsync(direct);
        await using var proxy = new Proxy(database);
        await using var replica = await Replica.StartAsync(
            proxy.Database,
            FireClock.Right,
            new PipelineOptions
            {
                Shards = 1,
                RetrySeconds = retrySeconds,
                CommandTimeoutSeconds = 1,
            }
        );
        proxy.Set(Fault.Freeze(at));
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, scene.Chains.Count)
                .Select(async call =>
                {
                    try
                    {
                        return await replica.SendAsync(scene.Tree, scene.KeyOf(call), scene.Chains[call]).WaitAsync(Patience);
                    }
                    catch (PipelineUnavailableException)
                    {
                        return null;
                    }
                })
        );
        List<string> findings = proxy.Struck.IsCompleted ? [] : ["nothing froze."];
        if (retrySeconds > 0 && answers.Contains(null))
            findings.Add("a caller was left without an answer, although there was time to try again.");
        // Now what the service had given up arrives after all.
        proxy.Thaw();
        findings.AddRange(await scene.SettleAsync(direct, answers));
        return [.. findings.Select(finding => $"Frozen at {moment}, tried again for {retrySeconds} s: {finding}")];
    }
}
