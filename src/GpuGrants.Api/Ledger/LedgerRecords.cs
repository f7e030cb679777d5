using System.Runtime.CompilerServices;
using GpuGrants.Api.Pipeline;
using Npgsql;

namespace GpuGrants.Api.Ledger;

/// <summary>Reads what an audit needs of a tree, row by row, on the transaction that the connection is in.</summary>
internal static class LedgerRecords
{
    private const string AccountsSql =
        "select root_programme_id, id, kind, unit, owner_id, created_at, debits_pending, debits_posted, credits_pending, "
        + "credits_posted, version from accounts where root_programme_id = $1 order by id";
    private const string OpenHoldsSql =
        "select root_programme_id, id, debit_account_id, credit_account_id, unit, amount, expires_at, request_id, "
        + "ended_by, ended_at from holds where root_programme_id = $1 and ended_by is null order by id";
    private const string BlocksSql =
        "select root_programme_id, number, first_sequence, last_sequence, previous_hash, hash, row_digests, sealed_at "
        + "from ledger_blocks where root_programme_id = $1 order by number";
    private const string TransfersSql = "select * from transfers where root_programme_id = $1 order by sequence";
    private const string OriginalsSql =
        "select t.* from transfers t where t.root_programme_id = $1 and t.id in (select corrects_id from transfers where "
        + "root_programme_id = $1 and corrects_id is not null)";

    public static IAsyncEnumerable<Read<Account>> AccountsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, AccountsSql, root, TreeReader.Account, cancellation);

    public static IAsyncEnumerable<Read<Hold>> OpenHoldsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, OpenHoldsSql, root, TreeReader.Hold, cancellation);

    public static IAsyncEnumerable<Read<LedgerBlockRow>> BlocksAsync(
        NpgsqlConnection connection,
        Guid root,
        CancellationToken cancellation
    ) => ReadAsync(connection, BlocksSql, root, Block, cancellation);

    /// <summary>In order of their numbers.</summary>
    public static IAsyncEnumerable<Read<Transfer>> TransfersAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, TransfersSql, root, TreeReader.Transfer, cancellation, "sequence");

    /// <summary>The transfers that others correct.</summary>
    public static IAsyncEnumerable<Read<Transfer>> OriginalsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, OriginalsSql, root, TreeReader.Transfer, cancellation, "sequence");

    /// <summary>Every tree and the number of its last transfer, in order of the root's id.</summary>
    public static async Task<List<(Guid Root, long LastSequence)>> TreesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select root_programme_id, transfer_sequence from programme_trees order by root_programme_id",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var trees = new List<(Guid, long)>();
        while (await reader.ReadAsync(cancellation))
            trees.Add((reader.GetGuid(0), reader.GetInt64(1)));
        return trees;
    }

    /// <summary>The readable rows; what cannot be read is told to <paramref name="unreadable"/>.</summary>
    public static async Task<List<TRow>> ListAsync<TRow>(IAsyncEnumerable<Read<TRow>> rows, Action<Read<TRow>> unreadable)
        where TRow : class
    {
        var list = new List<TRow>();
        await foreach (var one in rows)
        {
            if (one.Row is { } row)
                list.Add(row);
            else
                unreadable(one);
        }

        return list;
    }

    public static async IAsyncEnumerable<Read<TRow>> ReadAsync<TRow>(
        NpgsqlConnection connection,
        string sql,
        Guid root,
        Func<NpgsqlDataReader, TRow> read,
        [EnumeratorCancellation] CancellationToken cancellation,
        string? number = null
    )
        where TRow : class
    {
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = root } },
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return Try(reader, read, number);
    }

    /// <summary>The database's owner may have written rows that the service would never write.</summary>
    private static Read<TRow> Try<TRow>(NpgsqlDataReader reader, Func<NpgsqlDataReader, TRow> read, string? number)
        where TRow : class
    {
        try
        {
            return new Read<TRow>(read(reader));
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException or InvalidCastException or OverflowException)
        {
            return new Read<TRow>(
                null,
                reader.GetGuid(reader.GetOrdinal("id")),
                number is null ? 0 : reader.GetInt64(reader.GetOrdinal(number)),
                failure.Message
            );
        }
    }

    private static LedgerBlockRow Block(NpgsqlDataReader row) =>
        new()
        {
            RootProgrammeId = row.GetGuid(0),
            Number = row.GetInt64(1),
            FirstSequence = row.GetInt64(2),
            LastSequence = row.GetInt64(3),
            PreviousHash = row.GetFieldValue<byte[]>(4),
            Hash = row.GetFieldValue<byte[]>(5),
            RowDigests = row.GetFieldValue<byte[]>(6),
            SealedAt = row.GetFieldValue<DateTimeOffset>(7),
        };
}

/// <summary>A row, or why it cannot be read.</summary>
internal readonly record struct Read<TRow>(TRow? Row, Guid Id = default, long Sequence = 0, string? Problem = null)
    where TRow : class;
