using System.Diagnostics.CodeAnalysis;
using GpuGrants.Trees;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// One thing for the pipeline to do: a new request, a review, a usage batch, a ledger transfer, an administrator's change. The pipeline
/// gathers commands, locks their trees, reads what they plan, lets each decide in memory, and writes and commits all effects as one.
/// </summary>
public abstract class Command
{
    /// <summary>Its home. It picks the shard, and what the idempotency key keeps is stored there.</summary>
    public required TreeId Tree { get; init; }

    /// <summary>The trees that it names, its home among them: they are locked before it plans. Counting trees come later.</summary>
    /// <remarks>
    /// A command that records facts in several trees decides at one moment in all of them. It takes them by id, as a recount does.
    /// Otherwise counters that depend on order would differ from a recount.
    /// </remarks>
    public virtual IEnumerable<TreeId> Trees => [Tree];

    public required Actor Actor { get; init; }

    /// <summary>
    /// Whether its batch holds the configuration lock alone, so that no other is at work meanwhile. A command needs that which changes what
    /// all trees decide by: the platform's configuration. So does one that reads what other trees write, and one after which nothing may
    /// be decided any more by what was there before.
    /// </summary>
    public bool RunsAlone { get; init; }

    /// <summary>
    /// What rules begin to count that the command publishes. Their history was read before, so that little is left to read under locks. The
    /// publishing batch folds those outside programmes.
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
    /// Decides on the rows in memory and records the effects in the batch. No I/O. What a refusal has recorded is committed with it, so it
    /// records nothing, or what the command states: a wrong code is counted. On an exception the batch rolls back. The pipeline then splits
    /// the batch in half, repeatedly, until only the failing command remains. A result may name rows that a later command of the batch
    /// changes: read it at once.
    /// </summary>
    public abstract Outcome<TResult> Decide(BatchState batch);
}

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

/// <summary>What a command decided: a result, or a refusal.</summary>
public readonly record struct Outcome<TResult>
{
    private readonly TResult? _result;

    private Outcome(TResult? result, Refusal? refusal)
    {
        _result = result;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    /// <summary>The same with the refusal in a language.</summary>
    /// <param name="language">en or ko.</param>
    public Outcome<TResult> In(string language) => Refusal is { } refusal ? refusal.In(language) : this;

    /// <summary>Whether there is a result; a refusal otherwise.</summary>
    public bool TryGet([MaybeNullWhen(false)] out TResult result, [NotNullWhen(false)] out Refusal? refusal)
    {
        (result, refusal) = (_result, Refusal);
        return refusal is null;
    }

#pragma warning disable CA2225 // A decision returns what it has; named alternatives would only be noise.
    public static implicit operator Outcome<TResult>(TResult result) => new(result, null);

    public static implicit operator Outcome<TResult>(Refusal refusal) => new(default, refusal);
#pragma warning restore CA2225
}

/// <summary>The versions of a resource of which a caller read one: a change is made when the resource still is one of them.</summary>
/// <param name="versions">At least one.</param>
public sealed class ExpectedVersions(IReadOnlyList<long> versions)
{
    /// <summary>Whether the resource is one of them.</summary>
    public bool Has(long version) => versions.Contains(version);
}

/// <summary>Compares what a caller read with what is there.</summary>
public static class ExpectedVersionsExtensions
{
    /// <summary>Refuses a version that the caller has not read; null when it may be changed, as without <c>If-Match</c>.</summary>
    public static Refusal? Refuse(this ExpectedVersions? expected, long version) =>
        expected is null || expected.Has(version) ? null : Refusal.Stale(version);
}
