using GpuGrants.Api.Quotas;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Makes the counters of signatures that were not counted so far from the stored facts, once, under the lock; and drops those that nobody
/// counts any more, so that a rule that comes back is folded afresh.
/// </summary>
internal static class CounterBackfill
{
    public static async Task RunAsync(NpgsqlConnection connection, BatchState batch, TreeChanges tree)
    {
        var config = tree.Config.Quotas;
        if (config.MissingSignatures.Count == 0 && config.StaleSignatures.Count == 0)
            return;
        var own = config.MissingSignatures.Where(signature => signature.ScopeProgrammeId is not null).ToList();
        var platform = config
            .MissingSignatures.Where(signature =>
                signature.ScopeProgrammeId is null && !batch.KnownSignatures.Contains((TreeId.Platform, signature.Id))
            )
            .ToList();
        await FoldAsync(connection, tree, own, tree.Id);
        if (platform.Count > 0)
            await FoldAsync(connection, batch.Tree(TreeId.Platform), platform, null);
        Store(batch, tree, own);
        if (platform.Count > 0)
            Store(batch, batch.Tree(TreeId.Platform), platform);
        foreach (var (root, signature) in config.StaleSignatures)
            batch.DroppedSignatures.Add((root, signature));
        tree.MarkChanged();
    }

    private static async Task FoldAsync(NpgsqlConnection connection, TreeChanges home, List<RuleSignature> signatures, TreeId? of)
    {
        if (signatures.Count == 0)
            return;
        var folded = new QuotaCounters();
        var subjects = new List<SubjectId>();
        await foreach (var (fact, context) in FactHistory.ReadAsync(connection, of))
        {
            // As in a decision, a fact that the signature does not count makes no counter.
            foreach (var signature in signatures.Where(one => one.Counts(fact) && one.Covers(context)))
            {
                subjects.Clear();
                signature.AddSubjects(context, subjects);
                foreach (var subject in subjects)
                    folded.GetOrAdd(new CounterKey(signature.Id, subject)).Apply(signature, fact);
            }
        }

        foreach (var (key, counter) in folded.All)
        {
            home.State.Counters[key] = counter;
            home.CounterChanged(key);
        }
    }

    private static void Store(BatchState batch, TreeChanges home, List<RuleSignature> signatures)
    {
        foreach (var signature in signatures)
        {
            if (batch.KnownSignatures.Add((home.Id, signature.Id)))
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
        }

        home.MarkChanged();
    }
}
