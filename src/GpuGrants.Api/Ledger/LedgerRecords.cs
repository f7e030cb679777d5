using System.Runtime.CompilerServices;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Ledger;

/// <summary>Reads what an audit needs of a tree, row by row, on the transaction that the connection is in.</summary>
internal static class LedgerRecords
{
    private const string OfTree = "where t.root_programme_id = $1";

    private const string Corrected = "select corrects_id from transfers where root_programme_id = $1 and corrects_id is not null";

    private static readonly RowReader<ProgrammeTree> Trees = RowMap.Of<ProgrammeTree>().Part(row => new { row.Tree, row.TransferSequence });

    private static readonly string AccountsSql = Select<AccountRow>($"{OfTree} order by t.id");
    private static readonly string OpenHoldsSql = Select<HoldRow>($"{OfTree} and t.ended_by is null order by t.id");
    private static readonly string BlocksSql = Select<LedgerBlockRow>($"{OfTree} order by t.number");
    private static readonly string TransfersSql = Select<TransferRow>($"{OfTree} order by t.sequence");
    private static readonly string OriginalsSql = Select<TransferRow>($"{OfTree} and t.id in ({Corrected})");

    public static IAsyncEnumerable<Read<Account>> AccountsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, AccountsSql, root, row => RowMap.Of<AccountRow>().Read(row).ToAccount(), cancellation);

    public static IAsyncEnumerable<Read<Hold>> OpenHoldsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, OpenHoldsSql, root, row => RowMap.Of<HoldRow>().Read(row).ToHold(), cancellation);

    public static IAsyncEnumerable<Read<LedgerBlockRow>> BlocksAsync(
        NpgsqlConnection connection,
        Guid root,
        CancellationToken cancellation
    ) => ReadAsync(connection, BlocksSql, root, row => RowMap.Of<LedgerBlockRow>().Read(row), cancellation);

    /// <summary>In order of their numbers.</summary>
    public static IAsyncEnumerable<Read<Transfer>> TransfersAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, TransfersSql, root, row => RowMap.Of<TransferRow>().Read(row).ToTransfer(), cancellation, "sequence");

    /// <summary>The transfers that others correct.</summary>
    public static IAsyncEnumerable<Read<Transfer>> OriginalsAsync(NpgsqlConnection connection, Guid root, CancellationToken cancellation) =>
        ReadAsync(connection, OriginalsSql, root, row => RowMap.Of<TransferRow>().Read(row).ToTransfer(), cancellation, "sequence");

    /// <summary>Every tree and the number of its last transfer, in order of the root's id.</summary>
    public static async Task<List<(Guid Root, long LastSequence)>> TreesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select {Trees.Columns("t")} from programme_trees t order by t.root_programme_id",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return [.. (await Trees.ListAsync(reader, cancellation)).Select(row => (row.Tree, row.TransferSequence))];
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

    private static string Select<TRow>(string which)
        where TRow : class, new() => $"select {RowMap.Of<TRow>().Columns("t")} from {RowMap.Of<TRow>().Table} t {which}";
}

/// <summary>A row, or why it cannot be read.</summary>
internal readonly record struct Read<TRow>(TRow? Row, Guid Id = default, long Sequence = 0, string? Problem = null)
    where TRow : class;
