using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>One column of a <see cref="RowMap{TRow}"/>.</summary>
internal abstract class RowColumn<TRow>(IProperty property)
{
    private readonly PropertyInfo _member = property.PropertyInfo!;
    private readonly ValueConverter? _converter = property.GetTypeMapping().Converter;
    private readonly bool _isNullable = property.IsNullable;
    private readonly string _columnType = property.GetColumnType();
    private readonly bool _travelsAsText = TravelsAsText(property);

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

    /// <summary>The column's value of one row.</summary>
    public abstract NpgsqlParameter Bind(TRow row);

    /// <summary>The column's value as a parameter of its own.</summary>
    /// <param name="place">The parameter's number.</param>
    public string ValueAt(int place) => $"${place}::{SqlType}" + (_travelsAsText ? $"::{_columnType}" : "");

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

    public override NpgsqlParameter Bind(TRow row) => new NpgsqlParameter<TStored> { TypedValue = stored(row), DataTypeName = SqlType };

    public override NpgsqlParameter Bind(IReadOnlyList<TRow> rows)
    {
        var values = new TStored[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = stored(rows[i]);
        return new NpgsqlParameter<TStored[]> { TypedValue = values, DataTypeName = _arrayType };
    }
}
