using GpuGrants.Api.Http;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// One thing for the pipeline to do: a submission, a review, a usage batch, a ledger transfer, an administrator's change. The pipeline
/// gathers commands, locks their trees, reads what they plan, lets each decide in memory, and writes and commits all effects as one.
/// </summary>
public abstract class Command
{
    /// <summary>The tree that the command touches.</summary>
    public required TreeId Tree { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>Null when the caller gave no idempotency key.</summary>
    public IdempotencyKey? IdempotencyKey { get; init; }

    /// <summary>
    /// Wants the rows that <see cref="Decide"/> needs. Called again after each read, with the rows read so far, until it wants nothing new:
    /// which counters count, for instance, is known only when the organization is.
    /// </summary>
    public abstract void Plan(BatchState batch);

    /// <summary>
    /// Decides on the rows in memory and records the effects in the batch. No I/O. A refusal is an answer and leaves no effect; on an
    /// exception the batch rolls back. The pipeline then splits it in half, repeatedly, until only the failing command remains.
    /// </summary>
    public abstract Answer Decide(BatchState batch);

    /// <summary>The answer as a repetition gives it: without what is shown only once.</summary>
    public virtual Answer ForRepetition(Answer answer) => answer;
}
