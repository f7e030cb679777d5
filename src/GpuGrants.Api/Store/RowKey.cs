using System.Linq.Expressions;
using Npgsql;

namespace GpuGrants.Api.Store;

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
