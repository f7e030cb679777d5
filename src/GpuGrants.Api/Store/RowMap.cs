using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>
/// Reads rows of one table by key, inserts and updates them, always many in one statement: columns travel as arrays that <c>unnest</c>
/// turns back into rows, so a statement's text never depends on the number of rows and stays prepared. Columns come from the EF model, the
/// one mapping there is.
/// </summary>
public sealed class RowMap<TRow>
    where TRow : class, new()
{
    private readonly List<RowColumn<TRow>> _columns = [];
    private readonly RowColumn<TRow>[] _keys;
    private readonly string _insert;
    private readonly string _update;
    private readonly string _select;

    public RowMap(IModel model)
    {
        var type = model.FindEntityType(typeof(TRow)) ?? throw new InvalidOperationException($"{typeof(TRow).Name} is not mapped.");
        Table = type.GetTableName()!;
        var key = type.FindPrimaryKey()!.Properties;
        foreach (var property in type.GetProperties())
            _columns.Add(RowColumn<TRow>.Of(property, key.Contains(property)));
        _keys = [.. key.Select(property => _columns.Single(column => column.Property == property.Name))];
        var updated = _columns.Where(column => !column.IsKey).ToList();
        _insert =
            $"insert into {Table} ({string.Join(", ", _columns.Select(c => c.Name))}) select "
            + $"{string.Join(", ", _columns.Select(c => c.Value))} from {Unnest(_columns)}";
        _update =
            updated.Count == 0
                ? ""
                : $"update {Table} t set {string.Join(", ", updated.Select(c => $"{c.Name} = {c.Value}"))} from "
                    + $"{Unnest([.. _keys, .. updated])} where {Join()}";
        _select = $"select {string.Join(", ", _columns.Select(c => "t." + c.Name))} from {Unnest(_keys)} join {Table} t on {Join()}";
    }

    public string Table { get; }

    public NpgsqlBatchCommand Insert(IReadOnlyList<TRow> rows) => Bind(_insert, _columns, rows);

    /// <summary>Writes every column of rows that are there.</summary>
    public NpgsqlBatchCommand Update(IReadOnlyList<TRow> rows) =>
        Bind(_update, [.. _keys, .. _columns.Where(column => !column.IsKey)], rows);

    public NpgsqlBatchCommand Delete(IReadOnlyList<TRow> rows) =>
        Bind($"delete from {Table} t using {Unnest(_keys)} where {Join()}", _keys, rows);

    public NpgsqlBatchCommand Select(IReadOnlyList<RowKey> keys)
    {
        var command = new NpgsqlBatchCommand(_select);
        var id = 0;
        foreach (var column in _keys)
            command.Parameters.Add(column.BindKey(keys, column.SqlType == "uuid" ? id++ : 0));
        return command;
    }

    public TRow Read(NpgsqlDataReader reader)
    {
        var row = new TRow();
        for (var i = 0; i < _columns.Count; i++)
            _columns[i].Read(reader, i, row);
        return row;
    }

    public RowKey KeyOf(TRow row)
    {
        var ids = new Guid[3];
        string? text = null;
        long number = 0;
        var id = 0;
        foreach (var column in _keys)
        {
            switch (column.Get(row))
            {
                case Guid value:
                    ids[id++] = value;
                    break;
                case string value:
                    text = value;
                    break;
                case int value:
                    number = value;
                    break;
                case long value:
                    number = value;
                    break;
                default:
                    break;
            }
        }

        return new RowKey(ids[0], ids[1], ids[2], text, number);
    }

    private string Join() => string.Join(" and ", _keys.Select(c => $"t.{c.Name} = v.{c.Name}"));

    private static NpgsqlBatchCommand Bind(string text, IReadOnlyList<RowColumn<TRow>> columns, IReadOnlyList<TRow> rows)
    {
        var command = new NpgsqlBatchCommand(text);
        for (var i = 0; i < columns.Count; i++)
            command.Parameters.Add(columns[i].Bind(rows));
        return command;
    }

    private static string Unnest(IReadOnlyList<RowColumn<TRow>> columns)
    {
        var text = new StringBuilder("unnest(");
        for (var i = 0; i < columns.Count; i++)
            text.Append(i == 0 ? "" : ", ").Append('$').Append(i + 1).Append("::").Append(columns[i].SqlType).Append("[]");
        return text.Append(") as v(").AppendJoin(", ", columns.Select(column => column.Name)).Append(')').ToString();
    }
}
