namespace GpuGrants.Api.Store;

/// <summary>The primary key of a row of any table: up to three ids in the key's order, or a name, or ids and a number.</summary>
public readonly record struct RowKey(Guid A, Guid B = default, Guid C = default, string? Text = null, long Number = 0)
{
    public static RowKey Of(string text) => new(Guid.Empty, Text: text);
}
