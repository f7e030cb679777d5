using System.Linq.Expressions;
using System.Reflection;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
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
/// into rows. A statement's text therefore never depends on the number of rows and stays prepared. Names, types, converters and keys of the
/// columns come from the EF model.
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
    public NpgsqlBatchCommand Insert(IReadOnlyList<TRow> rows) => Bind(_insert, _columns, rows);

    /// <summary>Writes the columns that may change, of rows that are there. The row's other columns need no values.</summary>
    /// <exception cref="InvalidOperationException">The table's rows never change.</exception>
    public NpgsqlBatchCommand Update(IReadOnlyList<TRow> rows) => Bind(Changing(_update), _updated, rows);

    /// <summary>Deletes rows by their keys.</summary>
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

/// <summary>One column of a <see cref="RowMap{TRow}"/>.</summary>
internal abstract class RowColumn<TRow>(IProperty property)
{
    private readonly PropertyInfo _member = property.PropertyInfo!;
    private readonly ValueConverter? _converter = property.GetTypeMapping().Converter;
    private readonly bool _isNullable = property.IsNullable;

    public string Name { get; } = property.GetColumnName();

    public string Property { get; } = property.Name;

    /// <summary>Whether an update writes it.</summary>
    public bool IsMutable { get; } = !property.IsPrimaryKey() && property.GetAfterSaveBehavior() == PropertySaveBehavior.Save;

    /// <summary>The element type of the array that carries the column's values.</summary>
    public string SqlType { get; } = TypeOf(property);

    /// <summary>The column's value in a row of <c>v</c>: cast from its text form where its own type cannot be an array's element.</summary>
    public string Value { get; } =
        TravelsAsText(property) ? $"v.{property.GetColumnName()}::{property.GetColumnType()}" : $"v.{property.GetColumnName()}";

    /// <summary>The column's values of all rows as one parameter.</summary>
    public abstract NpgsqlParameter Bind(IReadOnlyList<TRow> rows);

    public static RowColumn<TRow> Of(IProperty property)
    {
        var row = Expression.Parameter(typeof(TRow));
        var stored = Sent(property, row);
        return (RowColumn<TRow>)
            Activator.CreateInstance(
                typeof(RowColumn<,>).MakeGenericType(typeof(TRow), stored.Type),
                property,
                Expression.Lambda(stored, row).Compile()
            )!;
    }

    /// <summary>The value as the database has it, of a row.</summary>
    public Expression Stored(Expression row) => Sent(property, row);

    /// <summary>Takes the column of a result into the member of a new row.</summary>
    public MemberAssignment Assign(Expression reader, Expression ordinal)
    {
        var stored = _converter?.ProviderClrType ?? Bare(_member.PropertyType);
        Expression value = Expression.Call(reader, nameof(NpgsqlDataReader.GetFieldValue), [stored], ordinal);
        if (_converter is not null)
            value = Expression.Invoke(_converter.ConvertFromProviderExpression, value);
        if (value.Type != _member.PropertyType)
            value = Expression.Convert(value, _member.PropertyType);
        if (_isNullable)
            value = Expression.Condition(
                Expression.Call(reader, nameof(NpgsqlDataReader.IsDBNull), null, ordinal),
                Expression.Default(_member.PropertyType),
                value
            );
        return Expression.Bind(_member, value);
    }

    private static Expression Sent(IProperty property, Expression row)
    {
        Expression value = Expression.Property(row, property.PropertyInfo!);
        if (property.GetTypeMapping().Converter is { } converter)
            value = Converted(value, converter);
        return value.Type.IsArray && TravelsAsText(property) ? ArrayText.Of(value) : value;
    }

    private static Expression Converted(Expression value, ValueConverter converter)
    {
        var bare = Bare(value.Type) == converter.ModelClrType ? Expression.Convert(value, converter.ModelClrType) : value;
        Expression stored = Expression.Invoke(converter.ConvertToProviderExpression, bare);
        if (value.Type.IsValueType && Nullable.GetUnderlyingType(value.Type) is null)
            return stored;
        var type =
            stored.Type.IsValueType && Bare(stored.Type) == stored.Type ? typeof(Nullable<>).MakeGenericType(stored.Type) : stored.Type;
        return Expression.Condition(
            Expression.Equal(value, Expression.Constant(null, value.Type)),
            Expression.Default(type),
            stored.Type == type ? stored : Expression.Convert(stored, type)
        );
    }

    protected static string TypeOf(IProperty property) => TravelsAsText(property) ? "text" : property.GetColumnType();

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static bool TravelsAsText(IProperty property) =>
        property.GetColumnType() is var type && (type == "jsonb" || type.EndsWith("[]", StringComparison.Ordinal));
}

/// <inheritdoc cref="RowColumn{TRow}"/>
internal sealed class RowColumn<TRow, TStored>(IProperty property, Func<TRow, TStored> stored) : RowColumn<TRow>(property)
{
    private readonly string _arrayType = TypeOf(property) + "[]";

    public override NpgsqlParameter Bind(IReadOnlyList<TRow> rows)
    {
        var values = new TStored[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = stored(rows[i]);
        return new NpgsqlParameter<TStored[]> { TypedValue = values, DataTypeName = _arrayType };
    }
}

/// <summary>
/// The primary key of a row of any table. Up to three ids, a text and up to two numbers stand in the key's order. A moment counts as a
/// number: its ticks.
/// </summary>
public readonly record struct RowKey(
    Guid A,
    Guid B = default,
    Guid C = default,
    string? Text = null,
    long Number = 0,
    long SecondNumber = 0
)
{
    public static RowKey Of(string text) => new(Guid.Empty, Text: text);
}

/// <summary>How the key columns of a table share the places of a <see cref="RowKey"/>.</summary>
internal static class RowKeys
{
    private const int Text = 3;
    private const int FirstNumber = 4;

    /// <summary>Reads the key of a row.</summary>
    /// <returns>A function that allocates nothing.</returns>
    /// <exception cref="InvalidOperationException">The key has no place in a <see cref="RowKey"/>.</exception>
    public static Func<TRow, RowKey> Compile<TRow>(IEnumerable<RowColumn<TRow>> keys)
    {
        var row = Expression.Parameter(typeof(TRow));
        Expression[] places = [NoId, NoId, NoId, Expression.Constant(null, typeof(string)), NoNumber, NoNumber];
        var (id, number) = (0, FirstNumber);
        foreach (var value in keys.Select(key => key.Stored(row)))
        {
            if (value.Type == typeof(Guid) && id < Text)
                places[id++] = value;
            else if (value.Type == typeof(string))
                places[Text] = value;
            else if (number < places.Length)
                places[number++] =
                    value.Type == typeof(DateTimeOffset)
                        ? Expression.Property(value, nameof(DateTimeOffset.UtcTicks))
                        : Expression.Convert(value, typeof(long));
            else
                throw new InvalidOperationException($"The key of {typeof(TRow).Name} does not fit into a {nameof(RowKey)}.");
        }

        var constructor = typeof(RowKey).GetConstructor([.. places.Select(place => place.Type)])!;
        return Expression.Lambda<Func<TRow, RowKey>>(Expression.New(constructor, places), row).Compile();
    }

    /// <summary>The keys as one array per key column.</summary>
    /// <param name="sqlTypes">The types of the key columns, in their order.</param>
    /// <param name="keys">What to look for.</param>
    /// <returns>The parameters, in the same order.</returns>
    public static IEnumerable<NpgsqlParameter> Bind(IEnumerable<string> sqlTypes, IReadOnlyList<RowKey> keys)
    {
        var (id, number) = (0, 0);
        foreach (var type in sqlTypes)
        {
            yield return type switch
            {
                "uuid" => Array("uuid[]", keys, Id(id++)),
                "text" => Array("text[]", keys, key => key.Text!),
                "timestamp with time zone" => Array(type + "[]", keys, Moment(Number(number++))),
                _ => Array("bigint[]", keys, Number(number++)),
            };
        }
    }

    private static ConstantExpression NoId => Expression.Constant(Guid.Empty);

    private static ConstantExpression NoNumber => Expression.Constant(0L);

    private static Func<RowKey, long> Number(int place) => place == 0 ? key => key.Number : key => key.SecondNumber;

    private static Func<RowKey, DateTimeOffset> Moment(Func<RowKey, long> ticks) => key => new DateTimeOffset(ticks(key), TimeSpan.Zero);

    private static Func<RowKey, Guid> Id(int place) =>
        place switch
        {
            0 => key => key.A,
            1 => key => key.B,
            _ => key => key.C,
        };

    private static NpgsqlParameter<TValue[]> Array<TValue>(string type, IReadOnlyList<RowKey> keys, Func<RowKey, TValue> value)
    {
        var values = new TValue[keys.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(keys[i]);
        return new NpgsqlParameter<TValue[]> { TypedValue = values, DataTypeName = type };
    }
}
