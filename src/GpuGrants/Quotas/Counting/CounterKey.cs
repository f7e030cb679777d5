using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>Which counter: the tree that it is locked with, what it counts and for whom.</summary>
/// <param name="Tree">The tree.</param>
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
