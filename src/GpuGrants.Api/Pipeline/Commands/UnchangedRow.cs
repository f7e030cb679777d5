using GpuGrants.Api.Store;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>The row that a command changes, as its caller read it.</summary>
public static class UnchangedRow
{
    /// <summary>The row with this key, in a version that the caller expects.</summary>
    /// <param name="batch">It has read the row.</param>
    /// <param name="key">The row's key.</param>
    /// <param name="expected">The versions of which the caller read one; null when it takes any.</param>
    /// <returns>The row, or the refusal of one that is not there or that somebody else has changed since.</returns>
    public static Outcome<TRow> Unchanged<TRow>(this BatchState batch, RowKey key, ExpectedVersions? expected)
        where TRow : class, IVersioned, new()
    {
        if (batch.Rows<TRow>().Find(key) is not { } row)
            return Refusal.NotFound;
        return expected.Refuse(row.Version) is { } stale ? stale : row;
    }
}
