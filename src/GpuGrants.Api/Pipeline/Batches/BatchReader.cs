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
        var receivers = new List<Func<NpgsqlDataReader, Task>>();
        foreach (var one in state.Reads.Where(one => one.HasWants))
        {
            batch.BatchCommands.Add(one.Read());
            receivers.Add(one.ReceiveAsync);
        }

        var accounts = new List<Account>();
        var subjects = new List<(TreeId Tree, SubjectId Id, VersionedSubjectCounters Subject)>();
        AddAccounts(batch, receivers, state, accounts);
        AddSubjects(batch, receivers, state, subjects);
        AddHolds(batch, receivers, state);
        AddTransfers(batch, receivers, state);
        PromiseReader.Add(batch, receivers, state);
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var receive in receivers)
        {
            await receive(reader);
            await reader.NextResultAsync();
        }

        foreach (var tree in state.Trees.Values)
            tree.Receive(accounts.Where(account => account.RootProgrammeId == tree.RootProgrammeId), SubjectsOf(tree.Id));

        IEnumerable<(SubjectId Id, VersionedSubjectCounters Subject)> SubjectsOf(TreeId tree) =>
            subjects.Where(one => one.Tree == tree).Select(one => (one.Id, one.Subject));
    }

    private static void AddAccounts(
        NpgsqlBatch batch,
        List<Func<NpgsqlDataReader, Task>> receivers,
        BatchState state,
        List<Account> accounts
    )
    {
        var wanted = state.Trees.Values.SelectMany(tree => tree.WantedAccounts.Select(id => new RowKey(tree.RootProgrammeId, id))).ToList();
        if (wanted.Count == 0)
            return;
        batch.BatchCommands.Add(RowMap.Of<AccountRow>().Select(wanted));
        receivers.Add(async reader =>
        {
            while (await reader.ReadAsync())
                accounts.Add(RowMap.Of<AccountRow>().Read(reader).ToAccount());
        });
    }

    private static void AddSubjects(
        NpgsqlBatch batch,
        List<Func<NpgsqlDataReader, Task>> receivers,
        BatchState state,
        List<(TreeId Tree, SubjectId Id, VersionedSubjectCounters Subject)> subjects
    )
    {
        var wanted = state.Trees.Values.SelectMany(tree => tree.WantedSubjects.Select(id => (tree.Id, id))).ToList();
        if (wanted.Count == 0)
            return;
        batch.BatchCommands.Add(SubjectCountersStore.Select(wanted));
        receivers.Add(async reader =>
        {
            while (await reader.ReadAsync())
                subjects.Add(SubjectCountersStore.Read(reader));
        });
    }

    private static void AddHolds(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> receivers, BatchState state)
    {
        if (state.WantedHolds.Count == 0)
            return;
        batch.BatchCommands.Add(RowMap.Of<HoldRow>().Select([.. state.WantedHolds.Select(one => new RowKey(one.Tree.Value, one.Id))]));
        receivers.Add(async reader =>
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

    private static void AddTransfers(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> receivers, BatchState state)
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
        receivers.Add(async reader =>
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
