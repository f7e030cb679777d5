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
    /// <summary>The most times that all trees are read on: a traffic that is faster than the reading is left to the lock.</summary>
    private const int MaxPasses = 10;

    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<(TreeId Tree, Guid Signature), Prepared> _prepared = [];

    /// <summary>Folds what the tree's rules with these signatures count, one slice after the other.</summary>
    /// <returns>Forgets what no batch has removed, once it is disposed.</returns>
    public Task<Preparation> PrepareAsync(TreeId tree, IReadOnlyList<RuleSignature> signatures, CancellationToken cancellation) =>
        PrepareAsync(
            tree,
            signatures,
            async folds =>
            {
                var after = await FoldTreeAsync(tree, folds, cancellation);
                return one => one with { After = after };
            },
            cancellation
        );

    /// <summary>Folds what rules of the platform with these signatures count, in all trees.</summary>
    /// <param name="signatures">All of one scope.</param>
    /// <param name="organization">The organization that limits itself; null for all others.</param>
    /// <param name="cancellation">Stops between two slices.</param>
    /// <returns>Forgets what no batch has removed, once it is disposed.</returns>
    public Task<Preparation> PreparePlatformAsync(
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
                return one => one with { Horizon = horizon };
            },
            cancellation
        );

    private async Task<Preparation> PrepareAsync(
        TreeId home,
        IReadOnlyList<RuleSignature> signatures,
        Func<List<Prepared>, Task<Func<Prepared, Prepared>>> fold,
        CancellationToken cancellation
    )
    {
        // One history at a time: it takes one connection from those that read.
        await _one.WaitAsync(cancellation);
        try
        {
            var nothing = signatures.Select(Prepared.Nothing).ToList();
            var upTo = await fold(nothing);
            foreach (var one in nothing)
                _prepared[(home, one.Signature.Id)] = upTo(one);
        }
        finally
        {
            _one.Release();
        }

        return new Preparation(this, home, signatures);
    }

    private async Task<FactPosition> FoldTreeAsync(TreeId tree, List<Prepared> folds, CancellationToken cancellation)
    {
        var most = options.Value.FactsPerSlice;
        var after = FactPosition.Beginning;
        for (var isWhole = false; !isWhole; )
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var (rows, last) = await FoldAsync(folds, FactHistory.ReadAfterAsync(connection, tree, after, most, cancellation));
            (after, isWhole) = (rows > 0 ? last : after, rows < most);
        }

        return after;
    }

    /// <summary>Goes on until so little is left that a batch may read it while nobody decides.</summary>
    private async Task<Dictionary<Guid, long>> FoldAllAsync(List<Prepared> folds, CancellationToken cancellation)
    {
        var most = options.Value.FactsPerSlice;
        var history = new MergedHistory(database, most);
        var horizon = new Dictionary<Guid, long>();
        for (var (pass, rows) = (0, most); pass < MaxPasses && rows >= most; pass++)
        {
            var until = await HorizonAsync(cancellation);
            (rows, _) = await FoldAsync(folds, history.ReadAsync(horizon, until, cancellation));
            horizon = until;
        }

        return horizon;
    }

    /// <summary>What one organization did is little: it is read at once, beside the traffic.</summary>
    private async Task<Dictionary<Guid, long>> FoldOrganizationAsync(
        List<Prepared> folds,
        Guid organization,
        CancellationToken cancellation
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        // Horizon and facts are of one snapshot.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var horizon = await MergedHistory.HorizonAsync(connection, cancellation);
        await FoldAsync(folds, FactHistory.ReadBeyondAsync(connection, new Dictionary<Guid, long>(), organization));
        return horizon;
    }

    private async Task<(int Entries, FactPosition Last)> FoldAsync(List<Prepared> folds, IAsyncEnumerable<FactEntry> entries)
    {
        var folded = await CounterBackfill.FoldAsync(folds, entries);
        metrics.FoldedFacts(folded.Entries, underLock: false);
        return folded;
    }

    private async Task<Dictionary<Guid, long>> HorizonAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await MergedHistory.HorizonAsync(connection, cancellation);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>What was prepared for the signature. It can be removed once: whoever does goes on counting in it.</summary>
    internal Prepared? Remove(TreeId tree, Guid signature) => _prepared.TryRemove((tree, signature), out var found) ? found : null;

    /// <summary>Says how much history was read while the tree was locked.</summary>
    internal void ReportUnderLock(int rows) => metrics.FoldedFacts(rows, underLock: true);

    /// <summary>Counters of one signature, up to a place in the tree's history.</summary>
    internal sealed record Prepared(RuleSignature Signature, CountersInMemory Counters, FactPosition After)
    {
        /// <summary>For a signature of which nothing was read yet.</summary>
        public static Prepared Nothing(RuleSignature signature) => new(signature, new CountersInMemory(), FactPosition.Beginning);

        /// <summary>Of a rule of the platform: up to which event of each tree.</summary>
        public IReadOnlyDictionary<Guid, long> Horizon { get; init; } = FromTheBeginning;
    }

    private static readonly IReadOnlyDictionary<Guid, long> FromTheBeginning = new Dictionary<Guid, long>();

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
