using GpuGrants.Api.Pipeline;
using GpuGrants.Ledger;
using Npgsql;

namespace GpuGrants.Api.Ledger;

/// <summary>Recomputes the whole ledger, tree by tree, on one snapshot of the database, and what grants promise with it.</summary>
public static class LedgerVerifier
{
    /// <summary>Every tree's report, in order of its id.</summary>
    public static async Task<IReadOnlyList<AuditReport>> VerifyAsync(NpgsqlConnection connection, CancellationToken cancellation = default)
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var reports = new List<AuditReport>();
        foreach (var (root, sequence) in await TreesAsync(connection, cancellation)) reports.Add(await VerifyAsync(connection, root, sequence, cancellation));
        return reports;
    }

    private static async Task<AuditReport> VerifyAsync(NpgsqlConnection connection, Guid root, long sequence, CancellationToken cancellation)
    {
        using var audit = new LedgerAudit(root, await RowsAsync(connection, "select * from ledger_blocks where root_programme_id = $1 order by number", root, Block, cancellation));
        await using (var command = Command(connection, "select * from transfers where root_programme_id = $1 order by sequence", root))
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) audit.Take(TreeReader.Transfer(reader));
        }

        var accounts = await RowsAsync(connection,
            "select root_programme_id, id, kind, unit, owner_id, created_at, debits_pending, debits_posted, credits_pending, credits_posted, version from accounts where root_programme_id = $1", root, TreeReader.Account, cancellation);
        var holds = await RowsAsync(connection,
            "select root_programme_id, id, debit_account_id, credit_account_id, unit, amount, expires_at, request_id, ended_by, ended_at from holds where root_programme_id = $1 and ended_by is null", root, TreeReader.Hold, cancellation);
        var originals = await RowsAsync(connection,
            "select t.* from transfers t where t.root_programme_id = $1 and t.id in (select corrects_id from transfers where root_programme_id = $1 and corrects_id is not null)", root, TreeReader.Transfer, cancellation);
        var report = audit.Finish(accounts, holds, sequence, originals);
        return report with { Findings = [.. report.Findings, .. await GrantsAsync(connection, root, accounts, cancellation)] };
    }

    /// <summary>What a grant says is left has to be what its account holds, to the second.</summary>
    private static async Task<List<Finding>> GrantsAsync(NpgsqlConnection connection, Guid root, List<Account> accounts, CancellationToken cancellation)
    {
        var balances = accounts.ToDictionary(account => account.Id, account => account.Balance);
        var rows = await RowsAsync(connection, "select id, time_account_id, gpu_seconds - used_gpu_seconds - returned_gpu_seconds, credit_account_id, rate from grants where root_programme_id = $1", root,
            row => (Id: row.GetGuid(0), Account: row.GetGuid(1), Left: row.GetInt64(2), Credits: row.GetGuid(3), Rate: row.GetInt64(4)), cancellation);
        return
        [
            .. rows.Where(row => balances.GetValueOrDefault(row.Account) != row.Left).Select(row => new Finding(FindingCodes.AccountWrong, $"Grant {row.Id} has {row.Left} GPU-seconds left; its account holds {balances.GetValueOrDefault(row.Account)}.", root, AccountId: row.Account)),
            .. rows.Where(row => balances.GetValueOrDefault(row.Credits) != row.Left * row.Rate).Select(row => new Finding(FindingCodes.AccountWrong, $"Grant {row.Id} has credits that do not pay for what it has left.", root, AccountId: row.Credits)),
        ];
    }

    private static async Task<List<(Guid Root, long Sequence)>> TreesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select root_programme_id, transfer_sequence from programme_trees order by root_programme_id", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var trees = new List<(Guid, long)>();
        while (await reader.ReadAsync(cancellation)) trees.Add((reader.GetGuid(0), reader.GetInt64(1)));
        return trees;
    }

    private static LedgerBlock Block(NpgsqlDataReader row)
    {
        byte[] Bytes(string name) => row.GetFieldValue<byte[]>(row.GetOrdinal(name));
        long Number(string name) => row.GetInt64(row.GetOrdinal(name));
        return new LedgerBlock(row.GetGuid(row.GetOrdinal("root_programme_id")), Number("number"), Number("first_sequence"), Number("last_sequence"), Bytes("previous_hash"), Bytes("hash"), Bytes("row_digests"));
    }

    private static async Task<List<TRow>> RowsAsync<TRow>(NpgsqlConnection connection, string sql, Guid root, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellation)
    {
        await using var command = Command(connection, sql, root);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<TRow>();
        while (await reader.ReadAsync(cancellation)) rows.Add(read(reader));
        return rows;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid root) =>
        new(sql, connection) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = root } }, CommandTimeout = 0 };
}
