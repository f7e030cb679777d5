namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>A command that an endpoint defines in place. Most changes by administrators are too small for a class of their own.</summary>
public sealed class Change<TResult> : Command<TResult>
{
    /// <summary>Wants the rows that <see cref="Deciding"/> needs.</summary>
    public Action<BatchState>? Planning { get; init; }

    public required Func<BatchState, Outcome<TResult>> Deciding { get; init; }

    public override string Name => "Change";

    public override void Plan(BatchState batch) => Planning?.Invoke(batch);

    public override Outcome<TResult> Decide(BatchState batch) => Deciding(batch);
}
