using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// One thing for the pipeline to do: a submission, a review, a usage batch, a ledger transfer, an administrator's change. The pipeline
/// gathers commands, locks their trees, reads what they plan, lets each decide in memory, and writes and commits all effects as one.
/// </summary>
public abstract class Command
{
    /// <summary>The tree that the command touches.</summary>
    public required TreeId Tree { get; init; }

    /// <summary>Every tree that the command touches.</summary>
    public virtual IEnumerable<TreeId> Trees => [Tree];

    public required Actor Actor { get; init; }

    /// <summary>Whether it changes what all trees decide by: the platform's policies, overrides, providers and GPU models.</summary>
    public bool ConfiguresPlatform { get; init; }

    /// <summary>
    /// What rules of the platform count that the command publishes. Their history was read before, so that little is left to read while
    /// nobody decides.
    /// </summary>
    public IReadOnlyList<RuleSignature> BeginsToCount { get; init; } = [];

    /// <summary>For logs and metrics.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>
    /// Wants the rows that the command itself names, before any tree is locked. They are read together with the locks, after them, which
    /// saves a round trip. <see cref="Plan"/> wants the rest.
    /// </summary>
    public virtual void PlanAhead(BatchState batch) { }

    /// <summary>
    /// Wants the rows that the decision needs. Called again after each read, with the rows read so far, until it wants nothing new: which
    /// counters count, for instance, is known only when the organization is.
    /// </summary>
    public abstract void Plan(BatchState batch);
}

/// <inheritdoc/>
public abstract class Command<TResult> : Command
{
    /// <summary>
    /// Decides on the rows in memory and records the effects in the batch. No I/O. A refusal leaves no effect; on an exception the batch
    /// rolls back. The pipeline then splits it in half, repeatedly, until only the failing command remains. A result may name rows that a
    /// later command of the batch changes: read it at once.
    /// </summary>
    public abstract Outcome<TResult> Decide(BatchState batch);
}
