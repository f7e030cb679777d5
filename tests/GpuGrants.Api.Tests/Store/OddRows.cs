using GpuGrants.Api.Pipeline.Commands;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace GpuGrants.Api.Tests.Store;

/// <summary>Rows of any mapped type with values that a careless reader or writer would change.</summary>
internal sealed class OddRows<TRow>(IEntityType type)
    where TRow : class, new()
{
    private int _made;

    /// <summary>A row in which no value is that of another row; with nulls wherever the column takes them.</summary>
    public TRow Make(bool withNulls = false)
    {
        var row = new TRow();
        foreach (var property in type.GetProperties())
            property.PropertyInfo!.SetValue(row, withNulls && property.IsNullable ? null : Value(property));
        return row;
    }

    /// <summary>Gives other values to the columns that an update writes.</summary>
    public TRow Change(TRow row)
    {
        foreach (var property in Mutable)
            property.PropertyInfo!.SetValue(row, Value(property));
        return row;
    }

    public IEnumerable<IProperty> Mutable =>
        type.GetProperties().Where(one => !one.IsPrimaryKey() && one.GetAfterSaveBehavior() == PropertySaveBehavior.Save);

    /// <summary>All values by their names, to compare rows.</summary>
    public IReadOnlyDictionary<string, object?> Values(TRow row) =>
        type.GetProperties().ToDictionary(property => property.Name, property => property.PropertyInfo!.GetValue(row));

    private object Value(IProperty property)
    {
        var n = ++_made;
        if (property.GetColumnType() == "jsonb")
            return $$"""{"odd": "\"\\{},' é漢", "number": {{n}}}""";
        var bare = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
        if (bare.IsEnum)
            return Enum.GetValues(bare).GetValue(n % Enum.GetValues(bare).Length)!;
        return bare switch
        {
            _ when bare == typeof(string) => Text(n),
            _ when bare == typeof(Guid) => Guid.NewGuid(),
            _ when bare == typeof(long) => long.MaxValue - n,
            _ when bare == typeof(int) => int.MinValue + n,
            _ when bare == typeof(short) => (short)(short.MinValue + n),
            _ when bare == typeof(bool) => n % 2 == 0,
            _ when bare == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddDays(n).AddMicroseconds(-n),
            _ when bare == typeof(byte[]) => (byte[])[0, 255, (byte)(n >> 8), (byte)n],
            _ when bare == typeof(string[]) => (string[])[Text(n), "", "NULL", "a,b"],
            _ when bare == typeof(Guid[]) => (Guid[])[Guid.NewGuid(), Guid.Empty],
            _ when bare == typeof(long[]) => (long[])[long.MinValue, n],
            _ => throw new InvalidOperationException($"Say what an odd {bare.Name} is, for {property}."),
        };
    }

    private static string Text(int n) => $"{n}: '\"\\{{}},\n\té漢\U0001F600 NULL ";
}
