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
