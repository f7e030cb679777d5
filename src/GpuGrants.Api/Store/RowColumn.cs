using System.Globalization;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>One column of a <see cref="RowMap{TRow}"/>.</summary>
internal abstract class RowColumn<TRow>(string name, string property, bool isKey, string sqlType, string? cast)
{
    public string Name { get; } = name;

    public string Property { get; } = property;

    public bool IsKey { get; } = isKey;

    /// <summary>The element type of the array that carries the column's values.</summary>
    public string SqlType { get; } = sqlType;

    /// <summary>The column's value in a row of <c>v</c>: cast from its text form where its own type cannot be an array's element.</summary>
    public string Value { get; } = cast is null ? $"v.{name}" : $"v.{name}::{cast}";

    public abstract NpgsqlParameter Bind(IReadOnlyList<TRow> rows);

    public abstract NpgsqlParameter BindKey(IReadOnlyList<RowKey> keys, int id);

    public abstract void Read(NpgsqlDataReader reader, int ordinal, TRow row);

    public abstract object? Get(TRow row);

    public static RowColumn<TRow> Of(IProperty property, bool isKey) =>
        (RowColumn<TRow>)
            Activator.CreateInstance(
                typeof(RowColumn<,>).MakeGenericType(typeof(TRow), property.ClrType),
                property.GetColumnName(),
                property.PropertyInfo!,
                isKey,
                property.GetColumnType()
            )!;
}

/// <inheritdoc cref="RowColumn{TRow}"/>
internal sealed class RowColumn<TRow, TValue>(string name, PropertyInfo property, bool isKey, string storeType)
    : RowColumn<TRow>(
        name,
        property.Name,
        isKey,
        TravelsAsText(storeType) ? "text" : storeType,
        TravelsAsText(storeType) ? storeType : null
    )
{
    private readonly Func<TRow, TValue> _get = property.GetMethod!.CreateDelegate<Func<TRow, TValue>>();
    private readonly Action<TRow, TValue> _set = property.SetMethod!.CreateDelegate<Action<TRow, TValue>>();
    private readonly bool _isArray = storeType.EndsWith("[]", StringComparison.Ordinal);
    private readonly bool _isText = TravelsAsText(storeType);

    public override NpgsqlParameter Bind(IReadOnlyList<TRow> rows)
    {
        if (_isText)
            return new NpgsqlParameter<string?[]> { TypedValue = [.. rows.Select(row => Text(_get(row)))], DataTypeName = "text[]" };
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = _get(rows[i]);
        return new NpgsqlParameter<TValue[]> { TypedValue = values, DataTypeName = SqlType + "[]" };
    }

    public override NpgsqlParameter BindKey(IReadOnlyList<RowKey> keys, int id) =>
        SqlType switch
        {
            "uuid" => new NpgsqlParameter<Guid[]>
            {
                TypedValue =
                [
                    .. keys.Select(key =>
                        id switch
                        {
                            0 => key.A,
                            1 => key.B,
                            _ => key.C,
                        }
                    ),
                ],
                DataTypeName = "uuid[]",
            },
            "text" => new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(key => key.Text!)], DataTypeName = "text[]" },
            _ => new NpgsqlParameter<long[]> { TypedValue = [.. keys.Select(key => key.Number)], DataTypeName = "bigint[]" },
        };

    public override void Read(NpgsqlDataReader reader, int ordinal, TRow row)
    {
        if (!reader.IsDBNull(ordinal))
            _set(row, reader.GetFieldValue<TValue>(ordinal));
    }

    public override object? Get(TRow row) => _get(row);

    private static bool TravelsAsText(string storeType) => storeType.EndsWith("[]", StringComparison.Ordinal) || storeType == "jsonb";

    private string? Text(TValue value) =>
        value switch
        {
            null => null,
            string json when !_isArray => json,
            System.Collections.IEnumerable elements => "{" + string.Join(',', elements.Cast<object>().Select(Element)) + "}",
            _ => throw new InvalidOperationException($"{Name} has no text form."),
        };

    /// <summary>An element of an array literal: quoted and escaped whatever it holds.</summary>
    private static string Element(object element) =>
        element is string text
            ? '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"'
            : Convert.ToString(element, CultureInfo.InvariantCulture)!;
}
