using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>Statements of a round.</summary>
internal static class NoticeSql
{
    /// <summary>Runs a statement in the round's transaction and takes each of its rows.</summary>
    /// <returns>What <paramref name="read"/> made of the rows.</returns>
    public static async Task<List<TItem>> ListAsync<TItem>(
        this NpgsqlTransaction transaction,
        string sql,
        Func<NpgsqlDataReader, TItem> read,
        CancellationToken cancellation,
        params object[] values
    )
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(read, cancellation);
    }

    /// <summary>The reader in three columns: person, address and language.</summary>
    public static Reader ReaderAt(this NpgsqlDataReader row, int ordinal) =>
        new(row.GetGuid(ordinal), row.GetString(ordinal + 1), row.GetString(ordinal + 2));

    public static DateTimeOffset? MomentAt(this NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetFieldValue<DateTimeOffset>(ordinal);
}
