using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Ledger;

/// <summary>
/// Chains hashes over transfers in commit order, in the background. Transfers are numbered under their tree's lock, so all up to the number
/// that the tree's row shows are committed: nothing can slip in behind the sealer.
/// </summary>
public sealed class LedgerSealer(NpgsqlDataSource database, TimeProvider clock)
{
    private static readonly RowReader<ProgrammeTree> Trees = RowMap.Of<ProgrammeTree>().Part(row => new { row.Tree, row.TransferSequence });

    private static readonly RowReader<LedgerBlockRow> Blocks = RowMap
        .Of<LedgerBlockRow>()
        .Part(row => new
        {
            row.Number,
            row.LastSequence,
            row.Hash,
        });

    private static readonly string DueSql = $"""
        select {Trees.Columns("t")}, {Blocks.Columns("b")}
        from programme_trees t
        left join lateral (select * from ledger_blocks where root_programme_id = t.root_programme_id
            order by number desc limit 1) b on true
        where t.transfer_sequence > coalesce(b.last_sequence, 0) and ($1::uuid is null or t.root_programme_id = $1)
        """;

    private static readonly string TransfersSql =
        $"select {RowMap.Of<TransferRow>().Columns("t")} from transfers t where t.root_programme_id = $1 and t.sequence between $2 and $3 "
        + "order by t.sequence";

    private sealed record Due(Guid Root, long Sequence, long Number, long Sealed, byte[] Hash);

    /// <summary>Seals all that is committed and not sealed yet, tree by tree. Only one replica does at a time; the others skip.</summary>
    /// <exception cref="AggregateException">Transfers of these trees are not whole; all others are sealed.</exception>
    public async Task SealAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var broken = new List<Exception>();
        foreach (var root in (await FindAsync(connection, null, cancellation)).Select(due => due.Root))
        {
            try
            {
                await SealAsync(connection, root, cancellation);
            }
            catch (InvalidOperationException failure)
            {
                // A tree with missing rows must not keep the others from being sealed.
                broken.Add(failure);
            }
        }

        if (broken.Count > 0)
            throw new AggregateException(broken);
    }

    private async Task SealAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var tryLock = new NpgsqlCommand("select pg_try_advisory_xact_lock(hashtext('gpugrants.sealer'))", connection))
            if (!(bool)(await tryLock.ExecuteScalarAsync(cancellation))!)
                return;
        // Read again under the lock: another replica may have sealed it meanwhile.
        foreach (var due in await FindAsync(connection, root, cancellation))
            await SealAsync(connection, due, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<List<Due>> FindAsync(NpgsqlConnection connection, Guid? root, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(DueSql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)root ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(DueOf, cancellation);
    }

    private static Due DueOf(NpgsqlDataReader row)
    {
        var tree = Trees.Read(row);
        var block = row.IsDBNull(Trees.Width) ? new LedgerBlockRow { Hash = BlockHash.Origin.ToArray() } : Blocks.Read(row, Trees.Width);
        return new Due(tree.Tree, tree.TransferSequence, block.Number, block.LastSequence, block.Hash);
    }

    private async Task SealAsync(NpgsqlConnection connection, Due due, CancellationToken cancellation)
    {
        using var block = new BlockHash();
        var (number, last, previous) = (due.Number, due.Sealed, due.Hash);
        while (last < due.Sequence)
        {
            var first = last + 1;
            var until = Math.Min(due.Sequence, last + LedgerBlock.MaxRows);
            block.Start(due.Root, ++number, first, previous);
            await using (var command = new NpgsqlCommand(TransfersSql, connection))
            {
                command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = due.Root });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = first });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = until });
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                    block.Add(RowMap.Of<TransferRow>().Read(reader).ToTransfer());
            }

            if (block.Count != until - last)
                throw new InvalidOperationException($"Tree {due.Root}: transfers {first} to {until} are not whole; run verify.");
            var (hash, digests) = block.Finish();
            await InsertAsync(connection, new LedgerBlock(due.Root, number, first, until, previous, hash, digests), cancellation);
            (last, previous) = (until, hash);
        }
    }

    private Task InsertAsync(NpgsqlConnection connection, LedgerBlock block, CancellationToken cancellation) =>
        connection.ExecuteAsync(cancellation, RowMap.Of<LedgerBlockRow>().Insert([LedgerBlockRow.Of(block, clock.GetUtcNow())]));
}
