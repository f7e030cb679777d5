namespace GpuGrants.Api.Pipeline;

/// <summary>A command that one endpoint states in place: most of what administrators change is too small for a class of its own.</summary>
public sealed class Change : Command
{
    /// <summary>Wants the rows that <see cref="Deciding"/> needs.</summary>
    public Action<Workspace>? Planning { get; init; }

    public required Func<Workspace, Answer> Deciding { get; init; }

    /// <summary>Makes of the answer what a repetition gets: secrets are shown once.</summary>
    public Func<Answer, Answer>? Repeating { get; init; }

    public override void Plan(Workspace workspace) => Planning?.Invoke(workspace);

    public override Answer Decide(Workspace workspace) => Deciding(workspace);

    public override Answer ForRepetition(Answer answer) => Repeating?.Invoke(answer) ?? answer;
}
