using GpuGrants.Api.Http;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// One thing for the pipeline to do: a submission, a review, a usage batch, a ledger transfer. The pipeline gathers commands, locks their trees,
/// reads what they plan, lets each decide in memory, and writes and commits all effects as one.
/// </summary>
public abstract class Command
{
    /// <summary>The root programmes whose trees the command may touch: at least one, usually just one.</summary>
    public abstract IReadOnlyList<Guid> Trees { get; }

    public required Actor Actor { get; init; }

    /// <summary>Null when the caller gave no idempotency key.</summary>
    public IdempotencyKey? IdempotencyKey { get; init; }

    /// <summary>
    /// Names the rows that <see cref="Decide"/> needs. Called again after each read, with the rows read so far, until it names nothing new:
    /// which counters count, for instance, is known only when the organization is.
    /// </summary>
    public abstract void Plan(Workspace workspace, ReadPlan plan);

    /// <summary>
    /// Decides on the rows in memory and records the effects in the workspace. No I/O. A refusal is an answer and leaves no effect; an exception
    /// undoes the whole batch, whose commands then run one by one.
    /// </summary>
    public abstract Answer Decide(Workspace workspace);
}
