using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>Whose counters: the tree that they are locked with, and the subject.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Id">The subject.</param>
public readonly record struct SubjectKey(TreeId Tree, SubjectId Id)
{
    // By hand, because each counter that a decision reads is found by it.
    /// <inheritdoc/>
    public bool Equals(SubjectKey other) => Id.Equals(other.Id) && Tree.Value == other.Tree.Value;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();
}
