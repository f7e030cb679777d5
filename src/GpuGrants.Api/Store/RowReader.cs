using System.Globalization;
using System.Linq.Expressions;
using System.Text;
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
    /// <exception cref="FormatException">A converter does not know the value. Other failures to convert may be of other types.</exception>
    public TRow Read(NpgsqlDataReader reader, int offset = 0) => _read(reader, offset);

    /// <summary>Makes rows of all that is left of a result.</summary>
    /// <param name="reader">Before the first row.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The rows, in the result's order.</returns>
    public Task<List<TRow>> ListAsync(NpgsqlDataReader reader, CancellationToken cancellation = default) =>
        reader.ListAsync(row => Read(row), cancellation);
}

/// <summary>
/// Arrays as literals of PostgreSQL: <c>{"a","b"}</c>. A column of arrays travels in this form, because <c>unnest</c> would take an array
/// of arrays apart to the last element.
/// </summary>
internal static class ArrayText
{
    /// <summary>The text of an array that an expression gives.</summary>
    /// <returns>An expression of type <c>string</c>, null where the array is null.</returns>
    /// <exception cref="InvalidOperationException">The elements have no exact text form here.</exception>
    public static Expression Of(Expression array)
    {
        var element = array.Type.GetElementType()!;
        var method =
            element == typeof(string) ? nameof(OfTexts)
            : element == typeof(long) || element == typeof(int) || element == typeof(short) || element == typeof(Guid) ? nameof(OfPlain)
            : throw new InvalidOperationException($"An array of {element.Name} has no text form.");
        return Expression.Call(typeof(ArrayText), method, element == typeof(string) ? null : [element], array);
    }

    private static string? OfPlain<T>(T[]? values)
        where T : ISpanFormattable
    {
        if (values is null)
            return null;
        var text = new StringBuilder("{");
        foreach (var value in values)
            text.Append(text.Length == 1 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{value}");
        return text.Append('}').ToString();
    }

    /// <summary>Every element is quoted and escaped, whatever it holds.</summary>
    private static string? OfTexts(string[]? values)
    {
        if (values is null)
            return null;
        var text = new StringBuilder("{");
        foreach (var value in values)
        {
            text.Append(text.Length == 1 ? "\"" : ",\"");
            foreach (var character in value)
                (character is '"' or '\\' ? text.Append('\\') : text).Append(character);
            text.Append('"');
        }

        return text.Append('}').ToString();
    }
}
