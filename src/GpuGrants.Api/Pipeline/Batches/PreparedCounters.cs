using System.Collections.Concurrent;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// Counters of rules that are about to be published, folded from the history in slices while decisions go on. The batch that then counts
/// the rules holds the tree's lock for what has happened since, and not for the whole history.
/// </summary>
/// <remarks>
/// They are in the memory of one replica. Where another replica's batch comes first, it reads the whole history, and these are not used.
/// </remarks>
public sealed class PreparedCounters(NpgsqlDataSource database, IOptions<PipelineOptions> options, PipelineMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<(TreeId Tree, Guid Signature), Prepared> _prepared = [];

    /// <summary>Folds what the tree's rules with these signatures count, one slice after the other.</summary>
    /// <returns>Forgets what no batch has taken, once it is disposed.</returns>
    public async Task<IDisposable> PrepareAsync(TreeId tree, IReadOnlyList<RuleSignature> signatures, CancellationToken cancellation)
    {
        // One history at a time: it takes one connection from those that read.
        await _one.WaitAsync(cancellation);
        try
        {
            var counters = signatures.ToDictionary(one => one, _ => new QuotaCounters());
            var after = FactPosition.Beginning;
            for (var isWhole = false; !isWhole; )
            {
                var most = options.Value.FactsPerSlice;
                var (last, rows) = await SliceAsync(tree, counters, after, most, cancellation);
                (after, isWhole) = (last, rows < most);
                metrics.FoldedFacts(rows, underLock: false);
            }

            foreach (var (signature, folded) in counters)
                _prepared[(tree, signature.Id)] = new Prepared(signature, folded, after);
        }
        finally
        {
            _one.Release();
        }

        return new Preparation(this, tree, signatures);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>What was prepared for the signature. It can be taken once, for whoever takes it goes on counting in it.</summary>
    internal Prepared? Take(TreeId tree, Guid signature) => _prepared.TryRemove((tree, signature), out var found) ? found : null;

    /// <summary>Says how much history was read while the tree was locked.</summary>
    internal void ReportUnderLock(int rows) => metrics.FoldedFacts(rows, underLock: true);

    private async Task<(FactPosition Last, int Rows)> SliceAsync(
        TreeId tree,
        Dictionary<RuleSignature, QuotaCounters> counters,
        FactPosition after,
        int most,
        CancellationToken cancellation
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var (last, rows) = (after, 0);
        await foreach (var slice in FactHistory.ReadAfterAsync(connection, tree, after, most, cancellation))
        {
            (last, rows) = (slice.At, rows + 1);
            foreach (var (signature, folded) in counters)
                CounterBackfill.Fold(folded, signature, slice);
        }

        return (last, rows);
    }

    /// <summary>Counters of one signature, up to a place in the tree's history.</summary>
    internal sealed record Prepared(RuleSignature Signature, QuotaCounters Counters, FactPosition After);

    private sealed class Preparation(PreparedCounters all, TreeId tree, IReadOnlyList<RuleSignature> signatures) : IDisposable
    {
        public void Dispose()
        {
            foreach (var signature in signatures)
                all.Take(tree, signature.Id);
        }
    }
}
