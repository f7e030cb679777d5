using System.Collections.Concurrent;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Fills PostgreSQL's disk under load, frees it, and looks whether what was asked is there exactly once.</summary>
internal static class DiskRun
{
    private const int Callers = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<DiskReport> RunAsync(int fillings, bool mayMount)
    {
        await using var disk = await SmallDisk.StartAsync(mayMount);
        await using var replica = await Replica.StartAsync(
            disk.Cluster.Database,
            FireClock.Right,
            new PipelineOptions { Shards = 1, RetrySeconds = 0 }
        );
        var (tree, rich, poor) = (Guid.CreateVersion7(), Guid.NewGuid(), Guid.NewGuid());
        await replica.PostAsync(tree, Step.Post(tree, rich, 10_000_000));
        var asked = new ConcurrentDictionary<string, (Step Step, Answer? Answer)>();
        var findings = new List<string>();
        for (var filling = 0; filling < fillings; filling++)
        {
            await disk.FillAsync();
            await Task.WhenAll(
                    Enumerable
                        .Range(0, Callers)
                        .Select(caller => CallUntilFullAsync(replica, tree, rich, poor, $"{filling}-{caller}", asked))
                )
                .WaitAsync(Patience);
            await disk.FreeAsync();
            foreach (var (key, (step, answer)) in asked.ToArray())
            {
                var again = await UntilAnsweredAsync(replica, tree, key, step).WaitAsync(Patience);
                if (Outcome.Of(again).Refused is { } refused)
                    findings.Add($"{key} was refused: {refused}.");
                if (answer is not null && !(again.Replayed && again.Body.Span.SequenceEqual(answer.Body.Span)))
                    findings.Add($"{key} was answered twice, and not alike.");
                asked[key] = (step, again);
            }

            await using var command = replica.Database.CreateCommand(
                "select (select count(*) from transfers) || ' transfers, ' || (select credits_posted from accounts where owner_id = $1)"
            );
            command.Parameters.AddWithValue(poor);
            var found = await command.ExecuteScalarAsync();
            if (found as string != $"{asked.Count + 1} transfers, {asked.Count}")
                findings.Add($"{asked.Count} calls left {found}.");
        }

        findings.AddRange(await CrashCheck.VerifyAsync(disk.Cluster.Database));
        return new DiskReport(fillings, asked.Count, findings);
    }

    /// <summary>Every caller goes on until it was told that nobody knows.</summary>
    private static async Task CallUntilFullAsync(
        Replica replica,
        Guid tree,
        Guid rich,
        Guid poor,
        string caller,
        ConcurrentDictionary<string, (Step Step, Answer? Answer)> asked
    )
    {
        for (var call = 0; ; call++)
        {
            var (key, step) = ($"{caller}-{call}", Step.Post(rich, poor, 1));
            asked[key] = (step, null);
            try
            {
                asked[key] = (step, await replica.SendAsync(tree, key, step));
            }
            catch (PipelineUnavailableException)
            {
                return;
            }
        }
    }

    private static async Task<Answer> UntilAnsweredAsync(Replica replica, Guid tree, string key, Step step)
    {
        while (true)
        {
            try
            {
                return await replica.SendAsync(tree, key, step);
            }
            catch (PipelineUnavailableException)
            {
                await Task.Delay(50);
            }
        }
    }
}

/// <summary>What a run of full disks found.</summary>
/// <param name="Fillings">How often the disk was full.</param>
/// <param name="Calls">Calls that were answered in the end.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record DiskReport(int Fillings, int Calls, IReadOnlyList<string> Findings);
