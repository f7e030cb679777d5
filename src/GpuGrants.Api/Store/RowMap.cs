using System.Linq.Expressions;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>The mapping of each row type, made once.</summary>
public static class RowMap
{
    /// <summary>The mapping of a row type.</summary>
    /// <returns>The same map on each call.</returns>
    /// <exception cref="InvalidOperationException">No <see cref="IEntityTypeConfiguration{TEntity}"/> maps the type.</exception>
    public static RowMap<TRow> Of<TRow>()
        where TRow : class, new() => Made<TRow>.Map.Value;

    private static class Made<TRow>
        where TRow : class, new()
    {
        public static readonly Lazy<RowMap<TRow>> Map = new(() => new RowMap<TRow>(GpuGrantsContext.Mapping));
    }
}

/// <summary>
/// Reads, inserts and updates the rows of one table, always many in one statement. Columns travel as arrays that <c>unnest</c> turns back
/// into rows. A statement's text therefore never depends on the number of rows and stays prepared. A single row travels as plain values,
/// because setting up an array for each column costs more than the row. Names, types, converters and keys of the columns come from the EF
/// model.
/// </summary>
public sealed class RowMap<TRow>
    where TRow : class, new()
{
    private readonly RowColumn<TRow>[] _columns;
    private readonly RowColumn<TRow>[] _keys;
    private readonly RowColumn<TRow>[] _updated;
    private readonly RowReader<TRow> _all;
    private readonly IEntityType _type;
    private readonly Func<TRow, RowKey> _keyOf;
    private readonly string _insert;
    private readonly string _update;
    private readonly string _insertOne;
    private readonly string _updateOne;
    private readonly string _delete;
    private readonly string _select;

    /// <summary>Compiles the mapping of one model. The service's own is at <see cref="RowMap.Of"/>.</summary>
    /// <param name="model">Any model that maps the row type.</param>
    /// <exception cref="InvalidOperationException">The model does not map the type.</exception>
    public RowMap(IModel model)
    {
        var type = model.FindEntityType(typeof(TRow)) ?? throw new InvalidOperationException($"{typeof(TRow).Name} is not mapped.");
        Table = type.GetTableName()!;
        _columns = [.. type.GetProperties().Select(RowColumn<TRow>.Of)];
        _keys = [.. type.FindPrimaryKey()!.Properties.Select(key => _columns.Single(column => column.Property == key.Name))];
        var mutable = _columns.Where(column => column.IsMutable).ToList();
        _updated = [.. _keys, .. mutable];
        _all = new RowReader<TRow>(_columns);
        _type = type;
        _keyOf = RowKeys.Compile(_keys);
        var (keys, sets) = (Unnest(_keys), mutable.Select(column => $"{column.Name} = {column.Value}"));
        var join = string.Join(" and ", _keys.Select(key => $"t.{key.Name} = v.{key.Name}"));
        _insert =
            $"insert into {Table} ({List(_columns)}) select {string.Join(", ", _columns.Select(column => column.Value))} "
            + $"from {Unnest(_columns)}";
        _update = $"update {Table} t set {string.Join(", ", sets)} from {Unnest(_updated)} where {join}";
        _insertOne =
            $"insert into {Table} ({List(_columns)}) values ({string.Join(", ", _columns.Select((one, i) => one.ValueAt(i + 1)))})";
        var set = _updated.Select((one, i) => $"{one.Name} = {one.ValueAt(i + 1)}").ToList();
        _updateOne = $"update {Table} set {string.Join(", ", set.Skip(_keys.Length))} where {string.Join(" and ", set.Take(_keys.Length))}";
        _delete = $"delete from {Table} t using {keys} where {join}";
        // "offset 0" keeps the planner from reading the whole of a small table to find a few rows of it.
        _select = $"select {Columns("r")} from {keys} cross join lateral (select {Columns("t")} from {Table} t where {join} offset 0) r";
    }

    public string Table { get; }

    /// <inheritdoc cref="RowReader{TRow}.Width"/>
    public int Width => _all.Width;

    /// <summary>A select list of all columns, in the order in which <see cref="Read"/> takes them.</summary>
    /// <inheritdoc cref="RowReader{TRow}.Columns"/>
    public string Columns(string alias) => _all.Columns(alias);

    /// <inheritdoc cref="RowReader{TRow}.Read"/>
    public TRow Read(NpgsqlDataReader reader, int offset = 0) => _all.Read(reader, offset);

    /// <inheritdoc cref="RowReader{TRow}.ListAsync"/>
    public Task<List<TRow>> ListAsync(NpgsqlDataReader reader, CancellationToken cancellation = default) =>
        _all.ListAsync(reader, cancellation);

    /// <summary>A reader of some columns, for statements that need no more.</summary>
    /// <param name="columns">The members, as in <c>row => new { row.Id, row.Version }</c>.</param>
    /// <returns>A reader to keep: making it costs.</returns>
    public RowReader<TRow> Part(Expression<Func<TRow, object?>> columns) =>
        new([.. columns.GetMemberAccessList().Select(member => _columns.Single(column => column.Property == member.Name))]);

    /// <summary>A value as SQL writes it in a comparison with a column, so that no statement knows how the column stores it.</summary>
    /// <param name="column">The column.</param>
    /// <param name="value">What to compare with.</param>
    /// <returns>A literal such as <c>'posted'</c>.</returns>
    public string Literal<TValue>(Expression<Func<TRow, TValue>> column, TValue value) =>
        _type.FindProperty(column.GetMemberAccess())!.GetRelationalTypeMapping().GenerateSqlLiteral(value);

    /// <summary>Inserts rows with all their columns.</summary>
    /// <returns>The statement.</returns>
    public NpgsqlBatchCommand Insert(IReadOnlyList<TRow> rows) =>
        rows.Count == 1 ? Bind(_insertOne, _columns, rows[0]) : Bind(_insert, _columns, rows);

    /// <summary>Writes the columns that may change, of rows that are there. The row's other columns need no values.</summary>
    /// <returns>The statement.</returns>
    /// <exception cref="InvalidOperationException">The table's rows never change.</exception>
    public NpgsqlBatchCommand Update(IReadOnlyList<TRow> rows) =>
        rows.Count == 1 ? Bind(Changing(_updateOne), _updated, rows[0]) : Bind(Changing(_update), _updated, rows);

    /// <summary>Deletes rows by their keys.</summary>
    /// <returns>The statement.</returns>
    public NpgsqlBatchCommand Delete(IReadOnlyList<TRow> rows) => Bind(_delete, _keys, rows);

    /// <summary>Reads rows by their keys. A key without a row gives none.</summary>
    /// <returns>The statement. Its result has the columns of <see cref="Columns"/>.</returns>
    public NpgsqlBatchCommand Select(IReadOnlyList<RowKey> keys)
    {
        var command = new NpgsqlBatchCommand(_select);
        foreach (var parameter in RowKeys.Bind(_keys.Select(key => key.SqlType), keys))
            command.Parameters.Add(parameter);
        return command;
    }

    /// <summary>The row's primary key.</summary>
    /// <returns>What <see cref="Select"/> finds it by.</returns>
    public RowKey KeyOf(TRow row) => _keyOf(row);

    private string Changing(string text) =>
        _updated.Length > _keys.Length ? text : throw new InvalidOperationException($"No column of {Table} ever changes.");

    private static NpgsqlBatchCommand Bind(string text, RowColumn<TRow>[] columns, IReadOnlyList<TRow> rows)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var column in columns)
            command.Parameters.Add(column.Bind(rows));
        return command;
    }

    private static NpgsqlBatchCommand Bind(string text, RowColumn<TRow>[] columns, TRow row)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var column in columns)
            command.Parameters.Add(column.Bind(row));
        return command;
    }

    private static string List(IEnumerable<RowColumn<TRow>> columns) => string.Join(", ", columns.Select(column => column.Name));

    /// <summary>The arrays as rows named <c>v</c>.</summary>
    /// <remarks>
    /// In the select list, where each array gives its next element row by row. In <c>from</c>, PostgreSQL first copies each array into a
    /// store of its own, and a wide table takes and returns a megabyte of memory per statement.
    /// </remarks>
    private static string Unnest(RowColumn<TRow>[] columns)
    {
        var text = new StringBuilder("(select ");
        for (var i = 0; i < columns.Length; i++)
            text.Append(i == 0 ? "" : ", ").Append($"unnest(${i + 1}::{columns[i].SqlType}[]) as {columns[i].Name}");
        return text.Append(") v").ToString();
    }
}
