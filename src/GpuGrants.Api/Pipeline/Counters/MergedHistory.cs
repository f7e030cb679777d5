using System.Runtime.CompilerServices;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// The stored facts of all trees in the order of time, read in slices. Each slice is one short statement, which holds no lock and no
/// snapshot. Memory holds a part of a slice per tree.
/// </summary>
/// <param name="database">Where the facts are.</param>
/// <param name="factsPerSlice">The most rows of one statement.</param>
internal sealed class MergedHistory(NpgsqlDataSource database, int factsPerSlice)
{
    /// <summary>The least rows of one statement, however many trees there are.</summary>
    private const int LeastPerTree = 100;

    private const string HorizonSql = "select root_programme_id, event_sequence from programme_trees where event_sequence > 0";

    /// <summary>How far the history of each tree goes now: the number of its last event.</summary>
    public static async Task<Dictionary<Guid, long>> HorizonAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(HorizonSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var horizon = new Dictionary<Guid, long>();
        while (await reader.ReadAsync(cancellation))
            horizon[reader.GetGuid(0)] = reader.GetInt64(1);
        return horizon;
    }

    /// <summary>The facts between two horizons.</summary>
    /// <param name="after">Events up to these numbers are left out.</param>
    /// <param name="until">Events after these numbers are left out, and trees that it does not name.</param>
    /// <param name="cancellation">Ends the stream.</param>
    public async IAsyncEnumerable<FactEntry> ReadAsync(
        Dictionary<Guid, long> after,
        Dictionary<Guid, long> until,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var trees = until.Where(one => after.GetValueOrDefault(one.Key) < one.Value).ToList();
        var most = Math.Clamp(factsPerSlice / Math.Max(1, trees.Count), Math.Min(LeastPerTree, factsPerSlice), factsPerSlice);
        var next = new PriorityQueue<TreeFacts, (DateTimeOffset At, Guid Tree)>();
        foreach (var (tree, last) in trees)
            await EnqueueAsync(new TreeFacts(TreeId.Of(tree), new FactPosition(after.GetValueOrDefault(tree), int.MaxValue), last));
        while (next.TryDequeue(out var facts, out _))
        {
            var entry = facts.Read.Dequeue();
            yield return entry;
            await EnqueueAsync(facts);
        }

        async Task EnqueueAsync(TreeFacts facts)
        {
            if (facts.Read.Count == 0 && !facts.IsWhole)
                await ReadAsync(facts, most, cancellation);
            if (facts.Read.TryPeek(out var first))
                next.Enqueue(facts, (first.Facts[0].At, facts.Tree.Value));
        }
    }

    private async Task ReadAsync(TreeFacts facts, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await foreach (var entry in FactHistory.ReadAfterAsync(connection, facts.Tree, facts.After, most, cancellation))
        {
            if (entry.At.EventSequence > facts.Until)
                break;
            facts.Read.Enqueue(entry);
            facts.After = entry.At;
        }

        facts.IsWhole = facts.Read.Count < most;
    }

    /// <summary>What was read of one tree and not given yet.</summary>
    private sealed class TreeFacts(TreeId tree, FactPosition after, long until)
    {
        public TreeId Tree { get; } = tree;

        public long Until { get; } = until;

        public FactPosition After { get; set; } = after;

        public Queue<FactEntry> Read { get; } = [];

        public bool IsWhole { get; set; }
    }
}
