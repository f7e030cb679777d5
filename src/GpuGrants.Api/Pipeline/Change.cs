namespace GpuGrants.Api.Pipeline;

/// <summary>A command that an endpoint defines in place. Most changes by administrators are too small for a class of their own.</summary>
public sealed class Change : Command
{
    /// <summary>Wants the rows that <see cref="Deciding"/> needs.</summary>
    public Action<BatchState>? Planning { get; init; }

    public required Func<BatchState, Answer> Deciding { get; init; }

    /// <summary>Turns the answer into what a repeated call gets, because secrets are shown once.</summary>
    public Func<Answer, Answer>? Repeating { get; init; }

    public override void Plan(BatchState batch) => Planning?.Invoke(batch);

    public override Answer Decide(BatchState batch) => Deciding(batch);

    public override Answer ForRepetition(Answer answer) => Repeating?.Invoke(answer) ?? answer;
}
