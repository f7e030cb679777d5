using System.Collections.Concurrent;
using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Many callers on two replicas ask one tree at random for posts, holds, whole and partial ends, voids, expiries, corrections and chains,
/// while clocks jump and, if asked for, connections break. Afterwards <see cref="OrderCheck"/> looks for one order that the sequential
/// ledger accepts.
/// </summary>
internal sealed class OrderRun(string database, int seed)
{
    private const int Callers = 16;
    private readonly ConcurrentQueue<Asked> _answered = [];
    private readonly FireClock _clock = new();
    private long _moment;
    private int _number;

    /// <summary>Runs until every caller has asked so often.</summary>
    /// <param name="calls">Calls of each caller.</param>
    /// <param name="breaks">Whether connections are cut in between.</param>
    public async Task<OrderReport> RunAsync(int calls, bool breaks)
    {
        var wishes = new Wishes(seed);
        await using var proxy = new Proxy(database);
        await using var first = await Replica.StartAsync(breaks ? proxy.Database : database, _clock, Options());
        await using var second = await Replica.StartAsync(database, _clock, Options());
        await Task.WhenAll(wishes.Endowments().Select(chain => AskAsync(first, wishes, chain)));
        var asking = Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(caller => Task.Run(() => CallAsync(new Random(HashCode.Combine(seed, caller)), [first, second], wishes, calls)))
        );
        var breaking = breaks ? BreakAsync(proxy, asking) : Task.CompletedTask;
        var standstills = await new Standstill(database, () => _answered.Count).WatchAsync(Task.WhenAll(asking, breaking));
        await Task.WhenAll(asking, breaking);
        var answered = _answered.ToList();
        List<string> findings =
        [
            .. OrderCheck.Run(wishes.Tree, answered),
            .. await OrderCheck.StoredAsync(database, wishes.Tree, answered),
        ];
        return new OrderReport(
            seed,
            answered.Count,
            answered.Count(call => call.Outcome.Refused is not null),
            answered.Count(call => call.Tries > 1),
            standstills,
            findings
        );
    }

    private static PipelineOptions Options() =>
        new()
        {
            Shards = 1,
            MaxBatch = 8,
            RetrySeconds = 0,
        };

    private async Task CallAsync(Random random, Replica[] replicas, Wishes wishes, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            if (random.Next(40) == 0)
                _clock.Jump(TimeSpan.FromSeconds(random.Next(-120, 180)));
            await AskAsync(replicas[random.Next(2)], wishes, wishes.Next(random));
        }
    }

    /// <summary>Asks until there is an answer: with the same key it is one call, however often it is sent.</summary>
    private async Task AskAsync(Replica replica, Wishes wishes, Step[] chain)
    {
        var key = $"{seed}-{wishes.Tree}-{Interlocked.Increment(ref _number)}";
        var asked = Interlocked.Increment(ref _moment);
        for (var tries = 1; ; tries++)
        {
            try
            {
                var outcome = Outcome.Of(await replica.SendAsync(wishes.Tree, key, chain));
                _answered.Enqueue(new Asked(chain, outcome, asked, Interlocked.Increment(ref _moment), tries));
                if (outcome.Refused is null)
                    wishes.Happened(chain);
                return;
            }
            catch (PipelineUnavailableException)
            {
                // Nobody knows yet whether it happened. The same key finds out.
            }
        }
    }

    private async Task BreakAsync(Proxy proxy, Task asking)
    {
        var random = new Random(seed);
        while (!asking.IsCompleted)
        {
            proxy.Set(Fault.Cut(random.Next(1, 400)));
            await Task.WhenAny(asking, proxy.Struck);
        }
    }

    /// <summary>A call and what it was answered.</summary>
    /// <param name="Chain">What was asked.</param>
    /// <param name="Outcome">What was answered.</param>
    /// <param name="From">When it was sent first, in an order of all sendings and answers.</param>
    /// <param name="To">When it was answered.</param>
    /// <param name="Tries">How often it was sent.</param>
    internal sealed record Asked(Step[] Chain, Outcome Outcome, long From, long To, int Tries);
}

/// <summary>What a run of callers found.</summary>
/// <param name="Seed">Gives the same wishes again; how they meet is up to the machine.</param>
/// <param name="Calls">Calls that were answered.</param>
/// <param name="Refused">Those of them that were refused.</param>
/// <param name="Repeated">Those that had to be sent again.</param>
/// <param name="Standstills">Who waited for whom when nobody was answered for long: no fault, but a reason to look.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record OrderReport(
    int Seed,
    int Calls,
    int Refused,
    int Repeated,
    IReadOnlyList<string> Standstills,
    IReadOnlyList<string> Findings
);
