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
        await MergeAsync(connection, await FoldTreeAsync(connection, own, tree.Id, prepared), config.Compiled.CountsBy);
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
        var folds = missing.Select(one => new HistoryFold(one, batch.FoldedForAnswer, FactPosition.Beginning)).ToList();
        if (folds.Count > 0)
            await HistoryFold.CountAsync(folds, FactHistory.ReadAsync(connection, of));
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
    private static Task<CountersInMemory> FoldTreeAsync(
        NpgsqlConnection connection,
        List<RuleSignature> signatures,
        TreeId tree,
        PreparedCounters prepared
    ) =>
        GoOnAsync(
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
        GoOnAsync(
            signatures,
            TreeId.Platform,
            prepared,
            one => (one.Horizon, one.Signature.ScopeOrganizationId),
            from => FactHistory.ReadBeyondAsync(connection, from.Horizon, from.ScopeOrganizationId)
        );

    /// <summary>Reads the history once for all rules that go on from the same place.</summary>
    private static async Task<CountersInMemory> GoOnAsync<TPlace>(
        List<RuleSignature> signatures,
        TreeId home,
        PreparedCounters prepared,
        Func<HistoryFold, TPlace> place,
        Func<TPlace, IAsyncEnumerable<FactEntry>> read
    )
    {
        var folds = signatures.Select(one => prepared.Remove(home, one.Id) ?? HistoryFold.Nothing(one)).ToList();
        foreach (var group in folds.GroupBy(place))
            await prepared.CountUnderLockAsync([.. group], read(group.Key));
        var all = new CountersInMemory();
        foreach (var (key, counter) in folds.SelectMany(one => one.Counters.All))
            all.Set(key, counter);
        return all;
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
