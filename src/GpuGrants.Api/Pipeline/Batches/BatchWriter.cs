using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>All effects of a batch as sets, ready for one round trip.</summary>
internal static class BatchWriter
{
    public static void AddTo(NpgsqlBatch batch, BatchState state)
    {
        var trees = state.Trees.Values.Where(tree => tree.IsChanged).ToList();
        AddTrees(batch, trees);
        var accounts = trees.SelectMany(tree => tree.NewAccounts.Select(AccountRow.Of)).ToList();
        if (accounts.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<AccountRow>().Insert(accounts));
        var changed = trees.SelectMany(tree => tree.ChangedAccounts.Select(AccountRow.Of)).ToList();
        if (changed.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<AccountRow>().Update(changed));
        AddTransfers(batch, [.. trees.SelectMany(tree => tree.Transfers)]);
        // Only keys can collide across trees. All batches write them in one order, so no two wait for each other.
        state.Rows<KeptAnswer>().OrderInserts(row => row.Id);
        foreach (var one in state.Writes)
            if (!one.WritesLast)
                one.AddWrites(batch);
        foreach (var one in state.Writes)
            if (one.WritesLast)
                one.AddWrites(batch);
        AddCounters(batch, state, trees);
        AddDropped(batch, state);
    }

    private static void AddTrees(NpgsqlBatch batch, List<TreeChanges> trees)
    {
        var created = trees.Where(tree => !tree.State.Exists).Select(tree => tree.ToRow()).ToList();
        if (created.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<ProgrammeTree>().Insert(created));
        var updated = trees.Where(tree => tree.State.Exists).Select(tree => tree.ToRow()).ToList();
        if (updated.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<ProgrammeTree>().Update(updated));
    }

    private static void AddTransfers(NpgsqlBatch batch, List<Transfer> transfers)
    {
        if (transfers.Count == 0)
            return;
        batch.BatchCommands.Add(RowMap.Of<TransferRow>().Insert([.. transfers.Select(TransferRow.Of)]));
        var pending = transfers.Where(transfer => transfer.Kind == TransferKind.Pending).Select(HoldRow.Opening).ToList();
        if (pending.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<HoldRow>().Insert(pending));
        var ends = transfers.Where(transfer => transfer.Kind.EndsHold()).Select(HoldRow.Ending).ToList();
        if (ends.Count > 0)
            batch.BatchCommands.Add(RowMap.Of<HoldRow>().Update(ends));
    }

    private static void AddCounters(NpgsqlBatch batch, BatchState state, List<TreeChanges> trees)
    {
        var rows = trees.SelectMany(tree =>
            tree.ChangedSubjects.Select(id => tree.State.Subjects[id].NextRow(tree.Id, id, state.HasRuleFor))
        );
        SubjectCountersStore.AddWrites(batch, rows);
    }

    private static void AddDropped(NpgsqlBatch batch, BatchState state)
    {
        if (state.DroppedSignatures.Count == 0)
            return;
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(
                "delete from quota_signatures t using unnest($1, $2) as v(root, signature) where t.root_programme_id = v.root "
                    + "and t.signature_id = v.signature"
            )
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. state.DroppedSignatures.Select(one => one.Tree.Value)] },
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. state.DroppedSignatures.Select(one => one.Signature)] },
                },
            }
        );
    }
}
