using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>Reads everything that is wanted so far, in one round trip.</summary>
internal static class BatchReader
{
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
        var accounts = state.Trees.Values.SelectMany(tree => tree.WantedAccounts.Select(id => (tree.Id, id))).ToList();
        var subjects = state.Trees.Values.SelectMany(tree => tree.WantedSubjects.Select(id => (tree.Id, id))).ToList();
        if (accounts.Count + subjects.Count == 0)
            return;
        var readAccounts = new List<Account>();
        var readSubjects = new List<(TreeId Tree, SubjectId Id, CountedSubject Subject)>();
        if (accounts.Count > 0)
        {
            batch.BatchCommands.Add(TreeReader.Accounts(accounts));
            takes.Add(async reader =>
            {
                while (await reader.ReadAsync())
                    readAccounts.Add(TreeReader.Account(reader));
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
        batch.BatchCommands.Add(TreeReader.Holds([.. state.WantedHolds]));
        takes.Add(async reader =>
        {
            while (await reader.ReadAsync())
                state.Tree(TreeId.Of(reader.GetGuid(0))).State.Book.Add(TreeReader.Hold(reader));
            state.KnownHolds.UnionWith(state.WantedHolds);
            state.WantedHolds.Clear();
        });
    }

    private static void AddTransfers(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> takes, BatchState state)
    {
        if (state.WantedTransfers.Count == 0)
            return;
        batch.BatchCommands.Add(TreeReader.Transfers([.. state.WantedTransfers]));
        takes.Add(async reader =>
        {
            while (await reader.ReadAsync())
            {
                var transfer = TreeReader.Transfer(reader);
                state.Tree(TreeId.Of(transfer.RootProgrammeId)).State.Book.Know(transfer, reader.GetInt64(reader.GetOrdinal("corrected")));
            }

            state.KnownTransfers.UnionWith(state.WantedTransfers);
            state.WantedTransfers.Clear();
        });
    }
}
