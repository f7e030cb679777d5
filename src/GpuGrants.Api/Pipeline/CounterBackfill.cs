using GpuGrants.Api.Quotas;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Makes the counters of signatures that were not counted so far from the stored facts, once; and drops those that nobody counts any more,
/// so that a rule that comes back is folded afresh.
/// </summary>
/// <remarks>
/// A programme's rule is folded under its tree's lock. A rule of the platform counts in many trees: it is folded by a batch that holds the
/// platform's lock alone, while nobody decides anywhere.
/// </remarks>
internal static class CounterBackfill
{
    private const int CountersOfAStatement = 5_000;

    /// <summary>Makes and drops what the tree's own rules count.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, BatchState batch, TreeChanges tree)
    {
        var config = tree.Config.Quotas;
        var own = config.MissingSignatures.Where(signature => signature.ScopeProgrammeId is not null).ToList();
        if (own.Count == 0 && config.StaleSignatures.Count == 0)
            return;
        foreach (var (key, counter) in (await FoldAsync(connection, own, tree.Id)).All)
        {
            tree.State.Counters[key] = counter;
            tree.CounterChanged(key);
        }

        Store(batch, tree, own);
        foreach (var (root, signature) in config.StaleSignatures)
            batch.DroppedSignatures.Add((root, signature));
        tree.MarkChanged();
    }

    /// <summary>Writes the counters of the platform's missing rules into all trees. Nobody else may hold the platform's lock.</summary>
    public static async Task RunOnPlatformAsync(
        NpgsqlConnection connection,
        BatchState batch,
        List<RuleSignature> missing,
        TreeChanges platform
    )
    {
        var folded = await FoldAsync(connection, missing, null);
        await using (var delete = new NpgsqlCommand("delete from quota_counters where signature_id = any($1)", connection))
        {
            delete.CommandTimeout = 0;
            delete.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. missing.Select(signature => signature.Id)] });
            await delete.ExecuteNonQueryAsync();
        }

        foreach (var chunk in folded.All.Select(one => QuotaCounterRow.Of(one.Key, one.Value)).Chunk(CountersOfAStatement))
        {
            await using var insert = new NpgsqlBatch(connection) { Timeout = 0 };
            insert.BatchCommands.Add(RowMap.Of<QuotaCounterRow>().Upsert(chunk));
            await insert.ExecuteNonQueryAsync();
        }

        Store(batch, platform, missing);
        // What a replica remembers of any tree may be of a time before these rules: another version of the configuration makes it worthless.
        platform.MarkConfigChanged();
        foreach (var tree in batch.Trees.Values)
            tree.State.Forget();
    }

    /// <summary>As <see cref="RunOnPlatformAsync"/>, for one answer: the counters stay in the batch's memory.</summary>
    public static async Task RunForAnswerAsync(
        NpgsqlConnection connection,
        BatchState batch,
        List<RuleSignature> missing,
        Func<TreeId, TreeState> open
    )
    {
        foreach (var (key, counter) in (await FoldAsync(connection, missing, null)).All)
        {
            if (!batch.Trees.ContainsKey(key.Tree))
                batch.Add(open(key.Tree));
            batch.Tree(key.Tree).State.Counters[key] = counter;
        }
    }

    private static async Task<QuotaCounters> FoldAsync(NpgsqlConnection connection, List<RuleSignature> signatures, TreeId? of)
    {
        var folded = new QuotaCounters();
        if (signatures.Count == 0)
            return folded;
        var subjects = new List<SubjectId>();
        await foreach (var (fact, context) in FactHistory.ReadAsync(connection, of))
        {
            // As in a decision, a fact that the signature does not count makes no counter.
            foreach (var signature in signatures.Where(one => one.Counts(fact) && one.Covers(context)))
            {
                subjects.Clear();
                signature.AddSubjects(context, subjects);
                foreach (var subject in subjects)
                    folded.GetOrAdd(CounterKey.Of(signature, context, subject)).Apply(signature, fact);
            }
        }

        return folded;
    }

    private static void Store(BatchState batch, TreeChanges home, List<RuleSignature> signatures)
    {
        foreach (var signature in signatures)
        {
            batch
                .Rows<QuotaSignatureRow>()
                .Insert(
                    new QuotaSignatureRow
                    {
                        RootProgrammeId = home.RootProgrammeId,
                        SignatureId = signature.Id,
                        Canonical = signature.Canonical,
                        CreatedAt = home.At,
                    }
                );
        }

        home.MarkChanged();
    }
}
