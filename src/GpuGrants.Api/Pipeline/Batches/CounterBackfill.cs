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
/// A programme's rule is folded under its tree's lock. Rules outside programmes, which are the platform's and the limits that organizations
/// set for themselves, count what happens in many trees. A batch folds them that holds the configuration lock alone, while nobody decides
/// anywhere.
/// </remarks>
internal static class CounterBackfill
{
    private const int SubjectsOfAStatement = 1_000;

    private const string MoveOnSql = """
        insert into programme_trees (root_programme_id, last_at) select v.id, v.at from unnest($1, $2) as v(id, at)
        on conflict (root_programme_id) do update set last_at = greatest(programme_trees.last_at, excluded.last_at)
        """;

    /// <summary>Makes and drops what the tree's own rules count.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, BatchState batch, TreeChanges tree, PreparedCounters prepared)
    {
        var config = tree.Config.Quotas;
        var own = config.MissingOfTree.ToList();
        if (own.Count == 0 && config.StaleSignatures.Count == 0)
            return;
        await MergeAsync(connection, CountersOf(await FoldTreeAsync(connection, own, tree.Id, prepared)), config.Compiled.CountsBy);
        tree.State.ForgetSubjects();
        Store(batch, tree, own);
        foreach (var (root, signature) in config.StaleSignatures)
            batch.DroppedSignatures.Add((root, signature));
    }

    /// <summary>
    /// Writes the counters of missing rules outside programmes into all trees. Nobody else may hold the configuration lock.
    /// </summary>
    public static async Task RunOutsideProgrammesAsync(
        NpgsqlConnection connection,
        BatchState batch,
        List<RuleSignature> missing,
        TreeChanges platform,
        PreparedCounters prepared
    )
    {
        var folds = await FoldOutsideProgrammesAsync(connection, missing, prepared);
        // What each tree's own rules count is not known here, so nothing is left out.
        await MergeAsync(connection, CountersOf(folds), _ => true);
        await MoveOnAsync(connection, batch, folds);
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
        if (folds.Count == 0)
            return;
        await HistoryFold.CountAsync(folds, FactHistory.ReadAsync(connection, of));
        folds.ForEach(one => one.Finish());
    }

    /// <summary>Writes the counters into their subjects' rows, beside the other counters that these have.</summary>
    private static async Task MergeAsync(NpgsqlConnection connection, CountersInMemory folded, Func<Guid, bool> hasRuleFor)
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
                rows.Add(subject.NextRow(group.Key.Tree, group.Key.Subject, hasRuleFor));
            }

            await using var write = new NpgsqlBatch(connection) { Timeout = 0 };
            SubjectCountersStore.AddWrites(write, rows);
            await write.ExecuteNonQueryAsync();
        }
    }

    /// <summary>
    /// Moves the trees of the counters on to the time of the latest fact that was folded into them. So what is decided next comes after it
    /// there, whatever the clock of the replica that decides it.
    /// </summary>
    private static async Task MoveOnAsync(NpgsqlConnection connection, BatchState batch, List<HistoryFold> folds)
    {
        var latest = folds.SelectMany(one => one.Latest).GroupBy(one => one.Key, one => one.Value).Select(one => (one.Key, At: one.Max()));
        foreach (var slice in latest.Chunk(SubjectsOfAStatement))
        {
            await using var command = new NpgsqlCommand(MoveOnSql, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. slice.Select(one => one.Key.Value)] },
                    new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. slice.Select(one => one.At)] },
                },
                CommandTimeout = 0,
            };
            await command.ExecuteNonQueryAsync();
            foreach (var (id, at) in slice)
            {
                if (!batch.Trees.TryGetValue(id, out var tree))
                    continue;
                // As the tree's row now says: where order matters, the batch itself decides after it.
                tree.State.LastAt = BusinessTime.Of(tree.State.LastAt, at);
                tree.MoveTo(BusinessTime.Of(tree.At, at));
            }
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
    private static Task<List<HistoryFold>> FoldTreeAsync(
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
    private static Task<List<HistoryFold>> FoldOutsideProgrammesAsync(
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

    /// <summary>
    /// Reads the history once for all rules that go on from the same place. One that turns out not to be in order is read again from the
    /// beginning, where it is.
    /// </summary>
    private static async Task<List<HistoryFold>> GoOnAsync<TPlace>(
        List<RuleSignature> signatures,
        TreeId signatureTree,
        PreparedCounters prepared,
        Func<HistoryFold, TPlace> place,
        Func<TPlace, IAsyncEnumerable<FactEntry>> read
    )
    {
        var folds = await CountAsync(signatures.Select(one => prepared.Remove(signatureTree, one.Id) ?? HistoryFold.Nothing(one)));
        var again = folds.Where(one => one.IsOutOfOrder).Select(one => HistoryFold.Nothing(one.Signature));
        folds = [.. folds.Where(one => !one.IsOutOfOrder), .. await CountAsync(again)];
        folds.ForEach(one => one.Finish());
        return folds;

        async Task<List<HistoryFold>> CountAsync(IEnumerable<HistoryFold> some)
        {
            var all = some.ToList();
            foreach (var group in all.GroupBy(place))
                await prepared.CountUnderLockAsync([.. group], read(group.Key));
            return all;
        }
    }

    private static CountersInMemory CountersOf(List<HistoryFold> folds)
    {
        var all = new CountersInMemory();
        foreach (var (key, counter) in folds.SelectMany(one => one.Counters.All))
            all.Set(key, counter);
        return all;
    }

    private static void Store(BatchState batch, TreeChanges signatureTree, List<RuleSignature> signatures)
    {
        foreach (var signature in signatures)
        {
            batch
                .Rows<QuotaSignatureRow>()
                .Insert(
                    new QuotaSignatureRow
                    {
                        RootProgrammeId = signatureTree.RootProgrammeId,
                        SignatureId = signature.Id,
                        Canonical = signature.Canonical,
                        CreatedAt = signatureTree.At,
                    }
                );
        }

        signatureTree.MarkChanged();
    }
}
