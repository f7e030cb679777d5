using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>What a statement answered, row by row.</summary>
public static class ResultRows
{
    /// <summary>Makes something of each row that is left of a result.</summary>
    /// <param name="reader">Before the first row.</param>
    /// <param name="read">Makes it of the row on which the reader is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was made, in the result's order.</returns>
    public static async Task<List<TItem>> ListAsync<TItem>(
        this NpgsqlDataReader reader,
        Func<NpgsqlDataReader, TItem> read,
        CancellationToken cancellation = default
    )
    {
        var items = new List<TItem>();
        while (await reader.ReadAsync(cancellation))
            items.Add(read(reader));
        return items;
    }
}
