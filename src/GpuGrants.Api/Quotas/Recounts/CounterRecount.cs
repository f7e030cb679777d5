using System.Runtime.CompilerServices;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Recounts;

/// <summary>Folds the facts for one slice of the subjects, and compares the fold with the stored rows.</summary>
internal sealed class CounterRecount(KeptSignatures kept, int slice, int slices)
{
    private static readonly RowMap<SubjectCountersRow> Map = RowMap.Of<SubjectCountersRow>();
    private static readonly string RowsSql = $"select {Map.Columns("c")} from {Map.Table} c";

    private readonly Dictionary<(TreeId Tree, SubjectId Id), SubjectCounters> _folded = [];

    /// <summary>The time of the latest fact. What no question from then on can ask for may differ.</summary>
    private DateTimeOffset _at = DateTimeOffset.UnixEpoch;

    public async Task FoldAsync(NpgsqlConnection connection)
    {
        var (last, counted) = ((QuotaContext?)null, new List<(CounterKey Key, RuleSignature Signature)>());
        await foreach (var (_, facts, context) in FactHistory.ReadAsync(connection, null))
        {
            // Facts of one decision follow each other.
            if (!ReferenceEquals(last, context))
                (last, counted) = (context, [.. kept.CountedIn(context).Where(one => IsOfSlice(one.Key.Tree, one.Key.Subject))]);
            foreach (var fact in facts)
            {
                _at = fact.At > _at ? fact.At : _at;
                foreach (var (key, signature) in counted)
                    if (signature.Counts(fact))
                        CounterOf(key).Apply(signature, fact);
            }
        }
    }

    /// <summary>What is damaged, differs, or is not there.</summary>
    public async IAsyncEnumerable<Finding> CompareAsync(
        NpgsqlConnection connection,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using (var command = new NpgsqlCommand(RowsSql, connection) { CommandTimeout = 0 })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var row = Map.Read(reader);
                var (tree, id) = (TreeId.Of(row.Tree), SubjectId.Parse(row.SubjectId));
                if (!IsOfSlice(tree, id))
                    continue;
                _folded.Remove((tree, id), out var folded);
                foreach (var finding in Compare(tree, id, folded ?? new SubjectCounters(), row))
                    yield return finding;
            }
        }

        foreach (var ((tree, id), folded) in _folded)
        {
            foreach (var finding in Compare(tree, id, folded, new SubjectCounters()))
                yield return finding;
        }
    }

    private IEnumerable<Finding> Compare(TreeId tree, SubjectId id, SubjectCounters folded, SubjectCountersRow row)
    {
        try
        {
            return Compare(tree, id, folded, SubjectCountersStore.Unpack(row));
        }
        catch (FormatException failure)
        {
            return [new Finding(FindingCodes.CountersUnreadable, failure.Message, tree.Value)];
        }
    }

    private IEnumerable<Finding> Compare(TreeId tree, SubjectId id, SubjectCounters folded, SubjectCounters stored)
    {
        foreach (var signatureId in stored.All.Keys.Union(folded.All.Keys))
        {
            if (kept.Find(tree, signatureId) is not { } signature)
                continue;
            var (recounted, found) = (folded.Find(signatureId) ?? new QuotaCounter(), stored.Find(signatureId) ?? new QuotaCounter());
            if (!recounted.AnswersAs(found, signature, _at))
                yield return new Finding(
                    FindingCodes.CounterDiffers,
                    $"The counter of subject {id} for signature {signatureId} has {found}. The facts say {recounted}.",
                    tree.Value
                );
        }
    }

    private QuotaCounter CounterOf(CounterKey key)
    {
        if (!_folded.TryGetValue((key.Tree, key.Subject), out var subject))
            _folded[(key.Tree, key.Subject)] = subject = new SubjectCounters();
        return subject.GetOrAdd(key.SignatureId);
    }

    private bool IsOfSlice(TreeId tree, SubjectId id) => (HashCode.Combine(tree, id) & int.MaxValue) % slices == slice;
}
