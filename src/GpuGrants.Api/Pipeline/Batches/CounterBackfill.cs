using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// Makes the counters of signatures that were not counted so far from the stored facts, once. Forgets the signatures that nobody counts any
/// more, so that a rule that comes back is folded afresh: whatever a subject's row still says of it is replaced.
/// </summary>
/// <remarks>
/// A programme's rule is folded under its tree's lock. A rule of the platform counts in many trees: it is folded by a batch that holds the
/// platform's lock alone, while nobody decides anywhere.
/// </remarks>
internal static class CounterBackfill
{
    private const int SubjectsOfAStatement = 1_000;

    /// <summary>Makes and drops what the tree's own rules count.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, BatchState batch, TreeChanges tree, PreparedCounters prepared)
    {
        var config = tree.Config.Quotas;
        var own = config.MissingOfTree.ToList();
        if (own.Count == 0 && config.StaleSignatures.Count == 0)
            return;
        await MergeAsync(connection, await FoldAsync(connection, own, tree.Id, prepared), config.Compiled.CountsBy);
        tree.State.ForgetSubjects();
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
        TreeChanges platform,
        PreparedCounters prepared
    )
    {
        // What each tree's own rules count is not known here, so nothing is left out.
        await MergeAsync(connection, await FoldPlatformAsync(connection, missing, prepared), _ => true);
        Store(batch, platform, missing);
        // What a replica remembers of any tree may be of a time before these rules: another version of the configuration makes it
        // worthless.
        platform.MarkConfigChanged();
        foreach (var tree in batch.Trees.Values)
            tree.State.Forget();
    }

    /// <summary>Folds for one answer: the counters stay in the batch's memory.</summary>
    /// <param name="connection">To read the facts by.</param>
    /// <param name="batch">Gets the counters.</param>
    /// <param name="missing">What to fold.</param>
    /// <param name="of">The tree whose facts count; all trees when null.</param>
    public static async Task RunForAnswerAsync(
        NpgsqlConnection connection,
        BatchState batch,
        IEnumerable<RuleSignature> missing,
        TreeId? of
    )
    {
        foreach (var (key, counter) in (await FoldAsync(connection, [.. missing], of)).All)
            batch.FoldedForAnswer.Set(key, counter);
    }

    /// <summary>Writes the counters into their subjects' rows, beside the other counters that these have.</summary>
    private static async Task MergeAsync(NpgsqlConnection connection, QuotaCounters folded, Func<Guid, bool> isCounted)
    {
        foreach (var slice in folded.All.GroupBy(one => (one.Key.Tree, one.Key.Subject)).Chunk(SubjectsOfAStatement))
        {
            var stored = await ReadAsync(connection, [.. slice.Select(one => one.Key)]);
            var rows = new List<SubjectCountersRow>(slice.Length);
            foreach (var group in slice)
            {
                var subject = stored.GetValueOrDefault(group.Key) ?? new CountedSubject();
                foreach (var (key, counter) in group)
                    subject.Counters.Set(key.SignatureId, counter);
                rows.Add(subject.NextRow(group.Key.Tree, group.Key.Subject, isCounted));
            }

            await using var write = new NpgsqlBatch(connection) { Timeout = 0 };
            SubjectCountersStore.AddWrites(write, rows);
            await write.ExecuteNonQueryAsync();
        }
    }

    private static async Task<Dictionary<(TreeId Tree, SubjectId Id), CountedSubject>> ReadAsync(
        NpgsqlConnection connection,
        List<(TreeId Tree, SubjectId Id)> subjects
    )
    {
        await using var read = new NpgsqlBatch(connection) { Timeout = 0 };
        read.BatchCommands.Add(SubjectCountersStore.Select(subjects));
        await using var reader = await read.ExecuteReaderAsync();
        var stored = new Dictionary<(TreeId Tree, SubjectId Id), CountedSubject>(subjects.Count);
        while (await reader.ReadAsync())
        {
            var (tree, id, subject) = SubjectCountersStore.Read(reader);
            stored[(tree, id)] = subject;
        }

        return stored;
    }

    /// <summary>Goes on from what was prepared. What was not is folded from the beginning.</summary>
    private static async Task<QuotaCounters> FoldAsync(
        NpgsqlConnection connection,
        List<RuleSignature> signatures,
        TreeId tree,
        PreparedCounters prepared
    )
    {
        var taken = signatures.Select(one =>
            prepared.Take(tree, one.Id) ?? new PreparedCounters.Prepared(one, new QuotaCounters(), FactPosition.Beginning)
        );
        var all = new QuotaCounters();
        foreach (var group in taken.ToList().GroupBy(one => one.After))
        {
            var rows = 0;
            await foreach (var slice in FactHistory.ReadAfterAsync(connection, tree, group.Key, null, CancellationToken.None))
            {
                rows++;
                foreach (var one in group)
                    Fold(one.Counters, one.Signature, slice);
            }

            prepared.ReportUnderLock(rows);
            foreach (var (key, counter) in group.SelectMany(one => one.Counters.All))
                all.Set(key, counter);
        }

        return all;
    }

    /// <summary>The same for rules of the platform.</summary>
    private static async Task<QuotaCounters> FoldPlatformAsync(
        NpgsqlConnection connection,
        List<RuleSignature> signatures,
        PreparedCounters prepared
    )
    {
        var taken = signatures
            .Select(one =>
                prepared.Take(TreeId.Platform, one.Id) ?? new PreparedCounters.Prepared(one, new QuotaCounters(), FactPosition.Beginning)
            )
            .ToList();
        var all = new QuotaCounters();
        foreach (var group in taken.GroupBy(one => (one.Horizon, one.Signature.ScopeOrganizationId)))
        {
            var rows = 0;
            await foreach (var slice in FactHistory.ReadBeyondAsync(connection, group.Key.Horizon, group.Key.ScopeOrganizationId))
            {
                rows++;
                foreach (var one in group)
                    Fold(one.Counters, one.Signature, slice);
            }

            prepared.ReportUnderLock(rows);
            foreach (var (key, counter) in group.SelectMany(one => one.Counters.All))
                all.Set(key, counter);
        }

        return all;
    }

    /// <summary>Counts what a row of the history says. As in a decision, a fact that the signature does not count makes no
    /// counter.</summary>
    internal static void Fold(QuotaCounters folded, RuleSignature signature, FactSlice slice)
    {
        if (!signature.Covers(slice.Context))
            return;
        List<SubjectId>? subjects = null;
        foreach (var fact in slice.Facts.Where(signature.Counts))
        {
            if (subjects is null)
                signature.AddSubjects(slice.Context, subjects = []);
            foreach (var subject in subjects)
                folded.GetOrAdd(CounterKey.Of(signature, slice.Context, subject)).Apply(signature, fact);
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
