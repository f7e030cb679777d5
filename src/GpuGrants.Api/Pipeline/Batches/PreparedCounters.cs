using System.Collections.Concurrent;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// Counters of rules that are about to be published, folded from the history while decisions go on: in slices, or in one snapshot for what
/// one organization did. The batch that then counts
/// the rules holds the tree's lock for what has happened since, and not for the whole history.
/// </summary>
/// <remarks>
/// They are in the memory of one replica. Where another replica's batch comes first, it reads the whole history, and these are not used.
/// </remarks>
public sealed class PreparedCounters(NpgsqlDataSource database, IOptions<PipelineOptions> options, PipelineMetrics metrics) : IDisposable
{
    /// <summary>The most times that all trees are read on: a traffic that is faster than the reading is left to the lock.</summary>
    private const int MaxPasses = 10;

    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<(TreeId Tree, Guid Signature), HistoryFold> _prepared = [];

    /// <summary>Folds what the tree's rules with these signatures count, one slice after the other.</summary>
    /// <returns>Forgets what no batch has removed, once it is disposed.</returns>
    public Task<Preparation> PrepareAsync(TreeId tree, IReadOnlyList<RuleSignature> signatures, CancellationToken cancellation) =>
        PrepareAsync(
            tree,
            signatures,
            async folds =>
            {
                var after = await FoldTreeAsync(tree, folds, cancellation);
                return folds.Select(one => one with { After = after });
            },
            cancellation
        );

    /// <summary>Folds what rules outside programmes with these signatures count, in all trees.</summary>
    /// <param name="signatures">All of one scope.</param>
    /// <param name="organization">The organization that limits itself; null for all others.</param>
    /// <param name="cancellation">Stops between two slices.</param>
    /// <returns>Forgets what no batch has removed, once it is disposed.</returns>
    public Task<Preparation> PrepareOutsideProgrammesAsync(
        IReadOnlyList<RuleSignature> signatures,
        Guid? organization,
        CancellationToken cancellation
    ) =>
        PrepareAsync(
            TreeId.Platform,
            signatures,
            async folds =>
            {
                var horizon = organization is { } id
                    ? await FoldOrganizationAsync(folds, id, cancellation)
                    : await FoldAllAsync(folds, cancellation);
                return folds.Select(one => one with { Horizon = horizon });
            },
            cancellation
        );

    private async Task<Preparation> PrepareAsync(
        TreeId signatureTree,
        IReadOnlyList<RuleSignature> signatures,
        Func<List<HistoryFold>, Task<IEnumerable<HistoryFold>>> fold,
        CancellationToken cancellation
    )
    {
        // One history at a time: it takes one connection from those that read.
        await _one.WaitAsync(cancellation);
        try
        {
            foreach (var one in await fold([.. signatures.Select(HistoryFold.Nothing)]))
                _prepared[(signatureTree, one.Signature.Id)] = one;
        }
        finally
        {
            _one.Release();
        }

        return new Preparation(this, signatureTree, signatures);
    }

    private async Task<FactPosition> FoldTreeAsync(TreeId tree, List<HistoryFold> folds, CancellationToken cancellation)
    {
        var most = options.Value.FactsPerSlice;
        var after = FactPosition.Beginning;
        for (var isWhole = false; !isWhole; )
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var (rows, last) = await CountAsync(folds, FactHistory.ReadAfterAsync(connection, tree, after, most, cancellation));
            (after, isWhole) = (rows > 0 ? last : after, rows < most);
        }

        return after;
    }

    /// <summary>Goes on until so little is left that a batch may read it while nobody decides.</summary>
    private async Task<Dictionary<Guid, long>> FoldAllAsync(List<HistoryFold> folds, CancellationToken cancellation)
    {
        var most = options.Value.FactsPerSlice;
        var history = new MergedHistory(database, most);
        var horizon = new Dictionary<Guid, long>();
        for (var (pass, rows) = (0, most); pass < MaxPasses && rows >= most; pass++)
        {
            var until = await HorizonAsync(cancellation);
            (rows, _) = await CountAsync(folds, history.ReadAsync(horizon, until, cancellation));
            horizon = until;
        }

        return horizon;
    }

    /// <summary>What one organization did is little: it is read at once, beside the traffic.</summary>
    private async Task<Dictionary<Guid, long>> FoldOrganizationAsync(
        List<HistoryFold> folds,
        Guid organization,
        CancellationToken cancellation
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        // Horizon and facts are of one snapshot.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var horizon = await MergedHistory.HorizonAsync(connection, cancellation);
        await CountAsync(folds, FactHistory.ReadBeyondAsync(connection, new Dictionary<Guid, long>(), organization));
        return horizon;
    }

    private async Task<(int Entries, FactPosition Last)> CountAsync(List<HistoryFold> folds, IAsyncEnumerable<FactEntry> entries)
    {
        var counted = await HistoryFold.CountAsync(folds, entries);
        metrics.FoldedFacts(counted.Entries, underLock: false);
        return counted;
    }

    private async Task<Dictionary<Guid, long>> HorizonAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await MergedHistory.HorizonAsync(connection, cancellation);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>What was prepared for the signature. It can be removed once: whoever does goes on counting in it.</summary>
    internal HistoryFold? Remove(TreeId tree, Guid signature) => _prepared.TryRemove((tree, signature), out var found) ? found : null;

    /// <summary>Counts what is left of a history while its tree is locked, and has operators see how much that is.</summary>
    internal async Task CountUnderLockAsync(IReadOnlyCollection<HistoryFold> folds, IAsyncEnumerable<FactEntry> entries)
    {
        var (rows, _) = await HistoryFold.CountAsync(folds, entries);
        metrics.FoldedFacts(rows, underLock: true);
    }

    /// <summary>Counters that wait for their rules.</summary>
    public sealed class Preparation : IDisposable
    {
        private readonly PreparedCounters _all;
        private readonly TreeId _tree;

        internal Preparation(PreparedCounters all, TreeId tree, IReadOnlyList<RuleSignature> signatures) =>
            (_all, _tree, Signatures) = (all, tree, signatures);

        /// <summary>What they count.</summary>
        public IReadOnlyList<RuleSignature> Signatures { get; }

        /// <summary>Forgets those that no batch has removed.</summary>
        public void Dispose()
        {
            foreach (var signature in Signatures)
                _all.Remove(_tree, signature.Id);
        }
    }
}
