namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// Whoever remembers rows, or waits for some, and so has to hear at once that this replica has written them. Every batch tells it, so no
/// command and no endpoint has to think of it. Only a change that a trigger makes along with a batch has to be stated:
/// <see cref="BatchState.AlsoChanges{TRow}"/>.
/// </summary>
public interface IRowWatcher
{
    /// <summary>The types of rows that it watches.</summary>
    IReadOnlyList<Type> Watched { get; }

    /// <summary>A batch that wrote such rows was committed. Called before its callers are answered. It returns at once and never
    /// throws.</summary>
    void Written();
}
