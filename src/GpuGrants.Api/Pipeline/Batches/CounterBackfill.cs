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
/// A programme's rule is folded under its tree's lock. A rule of the platform, and a limit that an organization set for itself, count what
/// happens in many trees. A batch folds them that holds the configuration lock alone, while nobody decides anywhere.
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
    }

    /// <summary>
    /// Writes the counters of missing rules outside programmes into all trees. Nobody else may hold the configuration lock.
    /// </summary>
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
        var folds = missing.Select(one => new PreparedCounters.Prepared(one, batch.FoldedForAnswer, FactPosition.Beginning)).ToList();
        if (folds.Count > 0)
            await FoldAsync(folds, FactHistory.ReadAsync(connection, of));
    }

    /// <summary>Writes the counters into their subjects' rows, beside the other counters that these have.</summary>
    private static async Task MergeAsync(NpgsqlConnection connection, CountersInMemory folded, Func<Guid, bool> isCounted)
    {
        foreach (var slice in folded.All.GroupBy(one => (one.Key.Tree, one.Key.Subject)).Chunk(SubjectsOfAStatement))
        {
            var stored = await ReadAsync(connection, [.. slice.Select(one => one.Key)]);
            var rows = new List<SubjectCountersRow>(slice.Length);
            foreach (var group in slice)
            {
                var subject = stored.GetValueOrDefault(group.Key) ?? new VersionedSubjectCounters();
                foreach (var (key, counter) in group)
                    subject.Counters.Set(key.SignatureId, counter);
                rows.Add(subject.NextRow(group.Key.Tree, group.Key.Subject, isCounted));
            }

            await using var write = new NpgsqlBatch(connection) { Timeout = 0 };
            SubjectCountersStore.AddWrites(write, rows);
            await write.ExecuteNonQueryAsync();
        }
    }

    private static async Task<Dictionary<(TreeId Tree, SubjectId Id), VersionedSubjectCounters>> ReadAsync(
        NpgsqlConnection connection,
        List<(TreeId Tree, SubjectId Id)> subjects
    )
    {
        await using var read = new NpgsqlBatch(connection) { Timeout = 0 };
        read.BatchCommands.Add(SubjectCountersStore.Select(subjects));
        await using var reader = await read.ExecuteReaderAsync();
        var stored = new Dictionary<(TreeId Tree, SubjectId Id), VersionedSubjectCounters>(subjects.Count);
        while (await reader.ReadAsync())
        {
            var (tree, id, subject) = SubjectCountersStore.Read(reader);
            stored[(tree, id)] = subject;
        }

        return stored;
    }

    /// <summary>Goes on from what was prepared of a tree's rules. What was not is folded from the beginning.</summary>
    private static Task<CountersInMemory> FoldAsync(
        NpgsqlConnection connection,
        List<RuleSignature> signatures,
        TreeId tree,
        PreparedCounters prepared
    ) =>
        FoldAsync(
            signatures,
            tree,
            prepared,
            one => one.After,
            after => FactHistory.ReadAfterAsync(connection, tree, after, null, CancellationToken.None)
        );

    /// <summary>The same for rules outside programmes.</summary>
    private static Task<CountersInMemory> FoldPlatformAsync(
        NpgsqlConnection connection,
        List<RuleSignature> signatures,
        PreparedCounters prepared
    ) =>
        FoldAsync(
            signatures,
            TreeId.Platform,
            prepared,
            one => (one.Horizon, one.Signature.ScopeOrganizationId),
            from => FactHistory.ReadBeyondAsync(connection, from.Horizon, from.ScopeOrganizationId)
        );

    /// <summary>Reads the history once for all rules that go on from the same place.</summary>
    private static async Task<CountersInMemory> FoldAsync<TPlace>(
        List<RuleSignature> signatures,
        TreeId home,
        PreparedCounters prepared,
        Func<PreparedCounters.Prepared, TPlace> place,
        Func<TPlace, IAsyncEnumerable<FactEntry>> read
    )
    {
        var folds = signatures.Select(one => prepared.Remove(home, one.Id) ?? PreparedCounters.Prepared.Nothing(one)).ToList();
        foreach (var group in folds.GroupBy(place))
            prepared.ReportUnderLock((await FoldAsync([.. group], read(group.Key))).Entries);
        var all = new CountersInMemory();
        foreach (var (key, counter) in folds.SelectMany(one => one.Counters.All))
            all.Set(key, counter);
        return all;
    }

    /// <summary>Folds entries into the counters of each signature.</summary>
    /// <returns>How many entries there were, and the place of the last; the beginning where there were none.</returns>
    internal static async Task<(int Entries, FactPosition Last)> FoldAsync(
        IReadOnlyCollection<PreparedCounters.Prepared> folds,
        IAsyncEnumerable<FactEntry> entries
    )
    {
        var (count, last) = (0, FactPosition.Beginning);
        await foreach (var entry in entries)
        {
            (count, last) = (count + 1, entry.At);
            foreach (var one in folds)
                Fold(one.Counters, one.Signature, entry);
        }

        return (count, last);
    }

    /// <summary>Counts an entry of the history. As in a decision, a fact that the signature does not count makes no counter.</summary>
    private static void Fold(CountersInMemory folded, RuleSignature signature, FactEntry entry)
    {
        if (!signature.Covers(entry.Context))
            return;
        List<SubjectId>? subjects = null;
        foreach (var fact in entry.Facts.Where(signature.Counts))
        {
            if (subjects is null)
                signature.AddSubjects(entry.Context, subjects = []);
            foreach (var subject in subjects)
                folded.GetOrAdd(CounterKey.Of(signature, entry.Context, subject)).Apply(signature, fact);
        }
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
