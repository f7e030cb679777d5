using System.Text;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>
/// Writes many rows of one table in one statement: each column travels as an array and <c>unnest</c> makes rows of them. The statement's
/// text never depends on the number of rows, so it stays prepared.
/// </summary>
public sealed class RowSet<TRow>(string table)
{
    private readonly List<Column> _columns = [];
    private string? _insert;
    private string? _update;

    /// <summary>A column that identifies the row, or is written once when it is inserted.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="sqlType">Its PostgreSQL type, as an element of the array that carries it.</param>
    /// <param name="value">Reads the value from a row.</param>
    /// <param name="cast">The column's own type where it cannot be an array element, such as <c>text[]</c>: the value travels as its text
    /// form.</param>
    public RowSet<TRow> Fixed<TValue>(string name, string sqlType, Func<TRow, TValue> value, string? cast = null) =>
        Add(name, sqlType, value, cast, ColumnUse.Fixed);

    /// <summary>A key column: an update finds its row by it.</summary>
    public RowSet<TRow> Key<TValue>(string name, string sqlType, Func<TRow, TValue> value) =>
        Add(name, sqlType, value, null, ColumnUse.Key);

    /// <summary>A column that an update writes.</summary>
    public RowSet<TRow> Mutable<TValue>(string name, string sqlType, Func<TRow, TValue> value, string? cast = null) =>
        Add(name, sqlType, value, cast, ColumnUse.Mutable);

    public NpgsqlBatchCommand Insert(IReadOnlyList<TRow> rows)
    {
        _insert ??= InsertText(onConflict: "");
        return Bind(_insert, _columns, rows);
    }

    /// <summary>Inserts, or updates the mutable columns of the row that is there.</summary>
    public NpgsqlBatchCommand Upsert(IReadOnlyList<TRow> rows)
    {
        _update ??= InsertText(
            $" on conflict ({string.Join(", ", Names(ColumnUse.Key))}) do update set "
                + string.Join(", ", Names(ColumnUse.Mutable).Select(name => $"{name} = excluded.{name}"))
        );
        return Bind(_update, _columns, rows);
    }

    public NpgsqlBatchCommand Update(IReadOnlyList<TRow> rows)
    {
        var columns = _columns.Where(column => column.Use != ColumnUse.Fixed).ToList();
        _update ??= UpdateText(columns);
        return Bind(_update, columns, rows);
    }

    private RowSet<TRow> Add<TValue>(string name, string sqlType, Func<TRow, TValue> value, string? cast, ColumnUse use)
    {
        _columns.Add(
            new Column(
                name,
                sqlType,
                cast,
                use,
                rows => new NpgsqlParameter<TValue[]> { TypedValue = ToArray(rows, value), DataTypeName = sqlType + "[]" }
            )
        );
        return this;
    }

    private static TValue[] ToArray<TValue>(IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        return values;
    }

    private static NpgsqlBatchCommand Bind(string text, List<Column> columns, IReadOnlyList<TRow> rows)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var column in columns)
            command.Parameters.Add(column.Bind(rows));
        return command;
    }

    private IEnumerable<string> Names(ColumnUse use) => _columns.Where(column => column.Use == use).Select(column => column.Name);

    private string InsertText(string onConflict)
    {
        var names = string.Join(", ", _columns.Select(column => column.Name));
        var values = string.Join(", ", _columns.Select(Value));
        return $"insert into {table} ({names}) select {values} from {Unnest(_columns)}{onConflict}";
    }

    private string UpdateText(List<Column> columns)
    {
        var sets = columns.Where(column => column.Use == ColumnUse.Mutable).Select(column => $"{column.Name} = {Value(column)}");
        var keys = columns.Where(column => column.Use == ColumnUse.Key).Select(column => $"t.{column.Name} = v.{column.Name}");
        return $"update {table} t set {string.Join(", ", sets)} from {Unnest(columns)} where {string.Join(" and ", keys)}";
    }

    private static string Value(Column column) => column.Cast is null ? $"v.{column.Name}" : $"v.{column.Name}::{column.Cast}";

    private static string Unnest(List<Column> columns)
    {
        var text = new StringBuilder("unnest(");
        for (var i = 0; i < columns.Count; i++)
            text.Append(i == 0 ? "" : ", ").Append('$').Append(i + 1).Append("::").Append(columns[i].SqlType).Append("[]");
        return text.Append(") as v(").AppendJoin(", ", columns.Select(column => column.Name)).Append(')').ToString();
    }

    private enum ColumnUse
    {
        Key,
        Fixed,
        Mutable,
    }

    private sealed record Column(string Name, string SqlType, string? Cast, ColumnUse Use, Func<IReadOnlyList<TRow>, NpgsqlParameter> Bind);
}
