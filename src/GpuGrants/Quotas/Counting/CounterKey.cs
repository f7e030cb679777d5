using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>Which counter: the tree that it is locked with, what it counts and for whom.</summary>
/// <param name="SignatureId">What it counts.</param>
/// <param name="Subject">For whom.</param>
public readonly record struct CounterKey(TreeId Tree, Guid SignatureId, SubjectId Subject)
{
    /// <summary>The counter of a subject that the signature finds in the context.</summary>
    public static CounterKey Of(RuleSignature signature, QuotaContext context, SubjectId subject) =>
        new(signature.TreeOf(context, subject), signature.Id, subject);

    /// <inheritdoc/>
    public override int GetHashCode() => SignatureId.GetHashCode() ^ Subject.GetHashCode();
}

/// <summary>Whose counters: the tree that they are locked with, and the subject.</summary>
/// <param name="Id">The subject.</param>
public readonly record struct SubjectKey(TreeId Tree, SubjectId Id)
{
    // By hand, because each counter that a decision reads is found by it.
    /// <inheritdoc/>
    public bool Equals(SubjectKey other) => Id.Equals(other.Id) && Tree.Value == other.Tree.Value;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();
}
