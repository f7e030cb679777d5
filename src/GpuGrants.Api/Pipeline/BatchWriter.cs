using GpuGrants.Api.Ledger;
using GpuGrants.Api.Quotas;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>All effects of a batch as sets, ready for one round trip.</summary>
internal static class BatchWriter
{
    public static void AddTo(NpgsqlBatch batch, BatchState state)
    {
        var trees = state.Trees.Values.Where(tree => tree.IsChanged).ToList();
        AddTrees(batch, trees);
        var accounts = trees.SelectMany(tree => tree.NewAccounts).ToList();
        if (accounts.Count > 0)
            batch.BatchCommands.Add(LedgerTables.Accounts.Insert(accounts));
        var changed = trees.SelectMany(tree => tree.ChangedAccounts).ToList();
        if (changed.Count > 0)
            batch.BatchCommands.Add(LedgerTables.Accounts.Update(changed));
        AddTransfers(batch, [.. trees.SelectMany(tree => tree.Transfers)]);
        // Only keys can collide across trees. All batches write them in one order, so no two wait for each other.
        state.Rows<KeptAnswer>().OrderInserts(row => row.Id);
        foreach (var table in state.Tables)
            table.AddWrites(batch);
        AddCounters(batch, trees);
        AddDropped(batch, state);
    }

    public static QuotaCounterRow Row(CounterKey key, QuotaCounter counter) =>
        new()
        {
            RootProgrammeId = key.Tree.Value,
            SignatureId = key.SignatureId,
            SubjectId = key.Subject.ToString(),
            Starts = [.. counter.Starts],
            Used = [.. counter.Used],
            Held = [.. counter.Held],
            Carried = [.. counter.Carried],
        };

    private static void AddTrees(NpgsqlBatch batch, List<TreeChanges> trees)
    {
        var created = trees.Where(tree => !tree.State.Exists).ToList();
        if (created.Count > 0)
            batch.BatchCommands.Add(LedgerTables.Trees.Insert(created));
        var updated = trees.Where(tree => tree.State.Exists).ToList();
        if (updated.Count > 0)
            batch.BatchCommands.Add(LedgerTables.Trees.Update(updated));
    }

    private static void AddTransfers(NpgsqlBatch batch, List<Transfer> transfers)
    {
        if (transfers.Count == 0)
            return;
        batch.BatchCommands.Add(LedgerTables.Transfers.Insert(transfers));
        var pending = transfers.Where(transfer => transfer.Kind == TransferKind.Pending).ToList();
        if (pending.Count > 0)
            batch.BatchCommands.Add(LedgerTables.Holds.Insert(pending));
        var ends = transfers.Where(transfer => transfer.Kind.EndsHold()).ToList();
        if (ends.Count > 0)
            batch.BatchCommands.Add(LedgerTables.HoldEnds.Update(ends));
    }

    private static void AddDropped(NpgsqlBatch batch, BatchState state)
    {
        if (state.DroppedSignatures.Count == 0)
            return;
        // A rule of the platform counts in many trees.
        if (state.DroppedSignatures.Where(one => one.Tree.IsPlatform).Select(one => one.Signature).ToArray() is { Length: > 0 } everywhere)
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand("delete from quota_counters where signature_id = any($1)")
                {
                    Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = everywhere } },
                }
            );
        foreach (var table in (ReadOnlySpan<string>)["quota_counters", "quota_signatures"])
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(
                    $"delete from {table} t using unnest($1, $2) as v(root, signature) where t.root_programme_id = v.root "
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

    private static void AddCounters(NpgsqlBatch batch, List<TreeChanges> trees)
    {
        var counters = trees
            .SelectMany(tree => tree.ChangedCounters.Select(one => (one.IsStored, Row: Row(one.Key, one.Counter))))
            .ToLookup(one => one.IsStored, one => one.Row);
        // Updating an existing row costs half as much as an insert that conflicts with it.
        if (counters[true].ToList() is { Count: > 0 } stored)
            batch.BatchCommands.Add(LedgerTables.StoredCounters.Update(stored));
        if (counters[false].ToList() is { Count: > 0 } added)
            batch.BatchCommands.Add(LedgerTables.Counters.Upsert(added));
    }
}
