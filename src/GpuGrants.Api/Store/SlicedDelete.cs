using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Deletes what is over in slices, so that no statement of it takes long however many rows there are.</summary>
internal static class SlicedDelete
{
    /// <summary>
    /// PostgreSQL keeps a statement's plan. One from a time when the table had a single row reads the whole table for each row of a slice,
    /// which takes minutes once it has grown. Plans without whole reads look each row up.
    /// </summary>
    private const string LookUpEachRow = "select set_config('enable_seqscan', 'off', true)";

    /// <summary>Deletes slice after slice until one is not full.</summary>
    /// <param name="database">Where to delete.</param>
    /// <param name="sql">Deletes a slice: <c>$1</c> is the bound, <c>$2</c> the most rows.</param>
    /// <param name="bound">Before what rows are over.</param>
    /// <param name="slice">The most rows of one statement.</param>
    /// <param name="cancellation">Ends it between two slices, or within one.</param>
    public static async Task DeleteInSlicesAsync<TBound>(
        this NpgsqlDataSource database,
        string sql,
        TBound bound,
        int slice,
        CancellationToken cancellation
    )
    {
        int gone;
        do
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            // One transaction: the setting ends with it.
            gone = await connection.ExecuteAsync(
                cancellation,
                new NpgsqlBatchCommand(LookUpEachRow),
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<TBound> { TypedValue = bound },
                        new NpgsqlParameter<int> { TypedValue = slice },
                    },
                }
            );
        } while (gone == slice);
    }
}
