using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>Reads everything that is wanted so far, in one round trip.</summary>
internal static class BatchReader
{
    private static readonly RowMap<TransferRow> Transfers = RowMap.Of<TransferRow>();

    private static readonly string TransfersSql = $"""
        select {Transfers.Columns("t")}, coalesce((select sum(c.amount) from transfers c where c.root_programme_id = t.root_programme_id
            and c.corrects_id = t.id), 0)::bigint as corrected
        from unnest($1, $2) as v(root, id) join transfers t on t.root_programme_id = v.root and t.id = v.id
        """;

    public static async Task ReadAsync(NpgsqlConnection connection, BatchState state)
    {
        await using var batch = new NpgsqlBatch(connection);
        var takes = new List<Func<NpgsqlDataReader, Task>>();
        foreach (var table in state.Tables.Where(table => table.HasWants))
        {
            batch.BatchCommands.Add(table.Read());
            takes.Add(table.TakeAsync);
        }

        AddTrees(batch, takes, state);
        AddHolds(batch, takes, state);
        AddTransfers(batch, takes, state);
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var take in takes)
        {
            await take(reader);
            await reader.NextResultAsync();
        }
    }

    private static void AddTrees(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> takes, BatchState state)
    {
        var accounts = state
            .Trees.Values.SelectMany(tree => tree.WantedAccounts.Select(id => new RowKey(tree.RootProgrammeId, id)))
            .ToList();
        var subjects = state.Trees.Values.SelectMany(tree => tree.WantedSubjects.Select(id => (tree.Id, id))).ToList();
        if (accounts.Count + subjects.Count == 0)
            return;
        var readAccounts = new List<Account>();
        var readSubjects = new List<(TreeId Tree, SubjectId Id, CountedSubject Subject)>();
        if (accounts.Count > 0)
        {
            batch.BatchCommands.Add(RowMap.Of<AccountRow>().Select(accounts));
            takes.Add(async reader =>
            {
                while (await reader.ReadAsync())
                    readAccounts.Add(RowMap.Of<AccountRow>().Read(reader).ToAccount());
            });
        }

        if (subjects.Count > 0)
        {
            batch.BatchCommands.Add(SubjectCountersStore.Select(subjects));
            takes.Add(async reader =>
            {
                while (await reader.ReadAsync())
                    readSubjects.Add(SubjectCountersStore.Read(reader));
            });
        }

        // Both results have arrived when the last one was read.
        var last = takes[^1];
        takes[^1] = async reader =>
        {
            await last(reader);
            foreach (var tree in state.Trees.Values)
            {
                tree.TakeReads(
                    readAccounts.Where(account => account.RootProgrammeId == tree.RootProgrammeId),
                    readSubjects.Where(one => one.Tree == tree.Id).Select(one => (one.Id, one.Subject))
                );
            }
        };
    }

    private static void AddHolds(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> takes, BatchState state)
    {
        if (state.WantedHolds.Count == 0)
            return;
        batch.BatchCommands.Add(RowMap.Of<HoldRow>().Select([.. state.WantedHolds.Select(one => new RowKey(one.Tree.Value, one.Id))]));
        takes.Add(async reader =>
        {
            while (await reader.ReadAsync())
            {
                var row = RowMap.Of<HoldRow>().Read(reader);
                state.Tree(TreeId.Of(row.RootProgrammeId)).State.Book.Add(row.ToHold());
            }

            state.KnownHolds.UnionWith(state.WantedHolds);
            state.WantedHolds.Clear();
        });
    }

    private static void AddTransfers(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> takes, BatchState state)
    {
        if (state.WantedTransfers.Count == 0)
            return;
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(TransfersSql)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. state.WantedTransfers.Select(one => one.Tree.Value)] },
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. state.WantedTransfers.Select(one => one.Id)] },
                },
            }
        );
        takes.Add(async reader =>
        {
            while (await reader.ReadAsync())
            {
                var transfer = Transfers.Read(reader).ToTransfer();
                state.Tree(TreeId.Of(transfer.RootProgrammeId)).State.Book.Know(transfer, reader.GetInt64(Transfers.Width));
            }

            state.KnownTransfers.UnionWith(state.WantedTransfers);
            state.WantedTransfers.Clear();
        });
    }
}
