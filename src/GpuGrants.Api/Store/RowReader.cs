using System.Linq.Expressions;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Reads columns of one table from the results of any statement that selects them.</summary>
public sealed class RowReader<TRow>
    where TRow : class, new()
{
    private readonly RowColumn<TRow>[] _columns;
    private readonly Func<NpgsqlDataReader, int, TRow> _read;

    internal RowReader(RowColumn<TRow>[] columns)
    {
        _columns = columns;
        var reader = Expression.Parameter(typeof(NpgsqlDataReader));
        var offset = Expression.Parameter(typeof(int));
        var values = columns.Select((column, i) => column.Assign(reader, Expression.Add(offset, Expression.Constant(i))));
        _read = Expression
            .Lambda<Func<NpgsqlDataReader, int, TRow>>(Expression.MemberInit(Expression.New(typeof(TRow)), values), reader, offset)
            .Compile();
    }

    /// <summary>How many columns <see cref="Columns"/> lists. What a statement selects after them begins here.</summary>
    public int Width => _columns.Length;

    /// <summary>The select list, in the order in which <see cref="Read"/> takes it.</summary>
    /// <param name="alias">The table's name in the statement.</param>
    /// <returns><c>t.id, t.version</c> and so on.</returns>
    public string Columns(string alias) => string.Join(", ", _columns.Select(column => $"{alias}.{column.Name}"));

    /// <summary>Makes a row of a result's columns. Members that are not selected keep their defaults.</summary>
    /// <param name="reader">On the row.</param>
    /// <param name="offset">The ordinal of the first column of <see cref="Columns"/>.</param>
    /// <returns>A new row.</returns>
    /// <exception cref="FormatException">A converter does not know the value. Other failures to convert may be of other types.</exception>
    public TRow Read(NpgsqlDataReader reader, int offset = 0) => _read(reader, offset);

    /// <summary>Makes rows of all that is left of a result.</summary>
    /// <param name="reader">Before the first row.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The rows, in the result's order.</returns>
    public async Task<List<TRow>> ListAsync(NpgsqlDataReader reader, CancellationToken cancellation = default)
    {
        var rows = new List<TRow>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(Read(reader));
        return rows;
    }
}
