using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>Which counter: the tree that it is locked with, what it counts and for whom.</summary>
public readonly record struct CounterKey(TreeId Tree, Guid SignatureId, SubjectId Subject)
{
    /// <inheritdoc/>
    public override int GetHashCode() => SignatureId.GetHashCode() ^ Subject.GetHashCode();
}
