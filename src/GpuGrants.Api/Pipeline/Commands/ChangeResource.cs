using GpuGrants.Api.Store;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// Changes one resource: refuses a version that somebody else has changed since, applies the change, counts and dates it, and records its
/// event. The changed row is the result.
/// </summary>
public sealed class ChangeResource<TRow> : Command<TRow>
    where TRow : class, IVersioned, new()
{
    public required RowKey Key { get; init; }

    /// <summary>The version that the caller read; null when it takes any.</summary>
    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>Wants what <see cref="Changing"/> needs besides the row.</summary>
    public Action<BatchState>? Planning { get; init; }

    /// <summary>Changes the row, or refuses before it has changed anything.</summary>
    public required Func<BatchState, TRow, Refusal?> Changing { get; init; }

    /// <summary>Records the event of the changed row.</summary>
    public required Action<BatchState, TRow> Recording { get; init; }

    public override string Name => "Change" + typeof(TRow).Name;

    public override void Plan(BatchState batch)
    {
        batch.Rows<TRow>().Want(Key);
        Planning?.Invoke(batch);
    }

    public override Outcome<TRow> Decide(BatchState batch)
    {
        if (!batch.Unchanged<TRow>(Key, ExpectedVersion).TryGet(out var row, out var no))
            return no;
        if (Changing(batch, row) is { } refusal)
            return refusal;
        batch.Change(row, batch.Tree(Tree).At);
        Recording(batch, row);
        return row;
    }
}
